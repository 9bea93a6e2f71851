namespace RedisMessaging.ContractTests;

/// <summary>A handler that ends when the test says so, and knows how many run.</summary>
internal sealed class SteppedHandler : IDisposable
{
    private readonly SemaphoreSlim _released = new(0);
    private readonly Lock _lock = new();

    private readonly List<(int Ended, int Now)> _starts = [];

    public int Now { get; private set; }

    public int Most => MostAfter(0);

    public int Ended { get; private set; }

    /// <summary>Lets so many end.</summary>
    public void Release(int handlers) => _released.Release(handlers);

    public async ValueTask HandleAsync(Note note, MessageContext context, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Now++;
            _starts.Add((Ended, Now));
        }

        await _released.WaitAsync(cancellationToken);
        lock (_lock)
        {
            Now--;
            Ended++;
        }
    }

    /// <summary>How many ran at once since so many had ended.</summary>
    public int MostAfter(int ended)
    {
        lock (_lock)
        {
            return _starts.Where(start => start.Ended >= ended).Max(start => start.Now);
        }
    }

    public void Dispose() => _released.Dispose();
}
