namespace Todo.Outbox;

/// <summary>Wakes the relay of this process, so that a message need not wait for its next look.</summary>
internal sealed class OutboxSignal : IDisposable
{
    private readonly SemaphoreSlim _rows = new(0);

    /// <summary>Called behind the commit. A call too many costs one look at an empty table.</summary>
    public void Set()
    {
        if (_rows.CurrentCount == 0)
        {
            _rows.Release();
        }
    }

    /// <summary>Returns when there is something to relay, or when the time is over.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _rows.WaitAsync(atMost, cancellationToken);

    public void Dispose() => _rows.Dispose();
}
