namespace RedisMessaging.Bus.Stopping;

/// <summary>How many messages of one consumer are being handled, and whether more may be.</summary>
internal sealed class RunningHandlers
{
    private int _messages;
    private volatile bool _isClosed;

    public int Messages => Volatile.Read(ref _messages);

    /// <summary>No handler is started any more.</summary>
    public bool IsClosed => _isClosed;

    /// <returns>False once it is closed: the message is not to be handled.</returns>
    public bool TryEnter()
    {
        // Counted first: a close that counts then misses none.
        Interlocked.Increment(ref _messages);
        if (!_isClosed)
        {
            return true;
        }

        Exit();
        return false;
    }

    public void Exit()
    {
        Interlocked.Decrement(ref _messages);
        StopWaits.NoteChange();
    }

    public void Close()
    {
        _isClosed = true;
        Interlocked.MemoryBarrier();
        StopWaits.NoteChange();
    }
}
