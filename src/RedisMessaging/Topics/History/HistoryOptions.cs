namespace RedisMessaging;

/// <summary>How to read a stream's history.</summary>
public sealed record HistoryOptions
{
    /// <summary>The newest first (<c>XREVRANGE</c>). Default: the oldest first (<c>XRANGE</c>).</summary>
    public bool Backwards { get; init; }

    /// <summary>How many entries one command fetches. Default 100; 1 to 1,000.</summary>
    public int PageSize { get; init; } = 100;
}
