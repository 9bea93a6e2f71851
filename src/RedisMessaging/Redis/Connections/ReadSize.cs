namespace RedisMessaging.Redis.Connections;

/// <summary>
/// How much one read asks for. Most of Redis' commands take a count and no number of bytes, so it is so many messages that their bytes are
/// likely to stay within a bound, by the sizes of those that came before: few at first, many more once they are known to be small, half as
/// many after a read that failed. The bound itself is what the link carries in about a second. Used by one loop.
/// </summary>
internal sealed class ReadSize(TimeProvider time)
{
    /// <summary>More at once is not faster, and has to be there as a whole before the first of it is handled.</summary>
    public const long MostBytes = 8 << 20;

    private const long LeastBytes = 64 << 10;
    private const int GrowthAtFirst = 8;
    private const int GrowthAfterFault = 2;
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Aim = TimeSpan.FromSeconds(1);

    private double _average;
    private long _most = 1;
    private int _growth = GrowthAtFirst;
    private int _asked = 1;

    /// <summary>How many bytes one read should bring at the most, save for a single message that is larger.</summary>
    public long Bytes { get; private set; } = MostBytes;

    /// <summary>How large messages are at present; 0 as long as none was seen.</summary>
    public double Average => _average;

    /// <summary>How many to ask for.</summary>
    /// <param name="room">How many at the most.</param>
    /// <param name="bytes">How many bytes at the most, together.</param>
    public int CountFor(int room, long bytes = long.MaxValue) =>
        _asked = (int)Math.Clamp(Math.Min(ByBytes(bytes), _most), 1, Math.Max(1, room));

    /// <summary>The same where the server counts bytes itself: no caution is needed while sizes are not known.</summary>
    public int CountWhereBytesAreBounded(int room, long bytes = long.MaxValue) =>
        _asked = (int)Math.Clamp(ByBytes(bytes), 1, Math.Max(1, room));

    /// <summary>What a read brought.</summary>
    /// <param name="sentAt">A timestamp from before it was sent, if it did not wait for anything but its reply.</param>
    public void Note(int messages, long bytes, long? sentAt = null)
    {
        if (messages == 0)
        {
            return;
        }

        // Up at once, down by and by: of messages of many sizes too few are asked for rather than too many.
        var average = Math.Max(1.0, (double)bytes / messages);
        _average = average >= _average ? average : (_average + average) / 2;
        if (messages >= _asked)
        {
            _most = Math.Min(int.MaxValue, (long)_growth * Math.Max(_most, messages));
        }

        if (sentAt is { } sent)
        {
            NoteSpeed(bytes, time.GetElapsedTime(sent));
        }
    }

    /// <summary>A read failed, and it may have been for its size.</summary>
    public void NoteFault()
    {
        Bytes = Math.Max(LeastBytes, Bytes / 2);
        _most = Math.Max(1, Math.Min(_most, _asked) / 2);
        _growth = GrowthAfterFault;
    }

    private long ByBytes(long bytes) => _average == 0 ? int.MaxValue : (long)(Math.Min(Bytes, bytes) / _average);

    private void NoteSpeed(long bytes, TimeSpan took)
    {
        if (took > Slow)
        {
            Bytes = Math.Clamp((long)(bytes * (Aim / took)), LeastBytes, MostBytes);
        }
        else if (took < Quick && Bytes < MostBytes)
        {
            Bytes = Math.Min(MostBytes, 2 * Bytes);
        }
    }
}
