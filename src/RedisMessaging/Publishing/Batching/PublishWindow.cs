namespace RedisMessaging.Publishing.Batching;

/// <summary>
/// How many bytes may be under way at once: more while answers come soon, fewer when they come late, so that on a slow link no command
/// waits behind others for as long as a command may take. Under the line's lock.
/// </summary>
internal sealed class PublishWindow(TimeProvider time)
{
    private const long Max = 32 << 20;
    private const long Min = 64 << 10;
    private const long First = 1 << 20;
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(500);

    private long _changedAt = time.GetTimestamp();

    public long Bytes { get; private set; } = First;

    /// <summary>An answer has come.</summary>
    /// <param name="sentAt">When what it answers was sent.</param>
    /// <param name="underWay">How many bytes were under way until now.</param>
    public void Note(long sentAt, long underWay)
    {
        var took = time.GetElapsedTime(sentAt);
        if (took > Late)
        {
            // Once for all that was sent before the last time.
            if (sentAt >= _changedAt)
            {
                Change(Math.Max(Min, Bytes / 2));
            }
        }
        else if (took < Soon && underWay > Bytes / 2 && Bytes < Max)
        {
            Change(Math.Min(Max, 2 * Bytes));
        }
    }

    private void Change(long bytes)
    {
        Bytes = bytes;
        _changedAt = time.GetTimestamp();
    }
}
