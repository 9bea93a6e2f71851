namespace RedisMessaging.Pipeline;

/// <summary>Lets many in at once, or one alone.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim without a wait handle holds nothing, and others may wait for it.")]
internal sealed class ExclusiveGate(int places)
{
    private readonly SemaphoreSlim? _places = places > 1 ? new SemaphoreSlim(places, places) : null;
    private readonly SemaphoreSlim _alone = new(1, 1);

    public ValueTask EnterAsync(bool alone)
    {
        if (_places is null)
        {
            return ValueTask.CompletedTask;
        }

        return alone ? EnterAloneAsync(_places) : new ValueTask(_places.WaitAsync());
    }

    public void Exit(bool alone)
    {
        if (_places is not null)
        {
            _places.Release(alone ? places : 1);
        }
    }

    /// <summary>Takes the places one by one, and only one taker at a time: two that each hold half would wait for ever.</summary>
    private async ValueTask EnterAloneAsync(SemaphoreSlim all)
    {
        await _alone.WaitAsync().ConfigureAwait(false);
        try
        {
            for (var i = 0; i < places; i++)
            {
                await all.WaitAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _alone.Release();
        }
    }
}
