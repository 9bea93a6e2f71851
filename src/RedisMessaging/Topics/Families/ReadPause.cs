namespace RedisMessaging.Topics.Families;

/// <summary>
/// Ends the reads of all members while the consumer of a family is paused. Pause and resume come from one loop, one at a time.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "Without a timer or a link a CancellationTokenSource "
    + "holds nothing, and a read may be about to use it.")]
internal sealed class ReadPause
{
    private volatile CancellationTokenSource _reading = new();
    private volatile TaskCompletionSource? _paused;

    /// <summary>Cancelled while the consumer is paused.</summary>
    public CancellationToken Reading => _reading.Token;

    /// <summary>Ends with the pause, if there is one.</summary>
    public Task Resumed => _paused?.Task ?? Task.CompletedTask;

    public async ValueTask BeginAsync()
    {
        if (_paused is null)
        {
            _paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _reading.CancelAsync().ConfigureAwait(false);
        }
    }

    public void End()
    {
        if (_paused is { } paused)
        {
            _reading = new CancellationTokenSource();
            _paused = null;
            paused.SetResult();
        }
    }
}
