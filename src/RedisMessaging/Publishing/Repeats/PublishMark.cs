namespace RedisMessaging.Publishing.Repeats;

/// <summary>
/// What Redis knows a publish by whose outcome is not known: when it comes again with that, Redis adds nothing and returns the position of
/// the first one.
/// </summary>
/// <param name="sentAt">When the first attempt was sent: a timestamp.</param>
internal sealed class PublishMark(PublishSeries series, long number, long sentAt, TimeProvider time)
{
    /// <summary>
    /// Half of what Redis keeps ids for, unless it is set to something else: a repeat may take a while to arrive, and so may the first
    /// attempt.
    /// </summary>
    public static readonly TimeSpan Longest = IdsKept / 2;

    /// <summary>For how long Redis keeps ids, unless it is set to something else.</summary>
    private static TimeSpan IdsKept => TimeSpan.FromSeconds(100);

    public string Producer => series.ProducerOf(number);

    public long Number => number;

    public TimeSpan Elapsed => time.GetElapsedTime(sentAt);

    /// <summary>
    /// Whether another attempt can't store it twice. The script of the repeat looks at the stream's own settings as well.
    /// </summary>
    public bool MayBeRepeated() => Elapsed < Longest && series.Hold(number);
}
