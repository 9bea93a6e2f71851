namespace RedisMessaging.Topics.Families;

/// <summary>
/// The prefetch of a family's consumer, which its members share for what they read beyond their minimum. A read never gets all that is
/// left: another member may have more, too.
/// </summary>
internal sealed class ReadAheadBudget(int messages, long bytes)
{
    private readonly Lock _lock = new();
    private int _messages = messages;
    private long _bytes = bytes;

    public int TakeMessages(int wanted)
    {
        lock (_lock)
        {
            var taken = Math.Min(wanted, (_messages + 1) / 2);
            _messages -= taken;
            return taken;
        }
    }

    public long TakeBytes(long wanted)
    {
        lock (_lock)
        {
            var taken = Math.Min(wanted, (_bytes + 1) / 2);
            _bytes -= taken;
            return taken;
        }
    }

    public void Return(int messages, long bytes)
    {
        lock (_lock)
        {
            _messages += messages;
            _bytes += bytes;
        }
    }
}
