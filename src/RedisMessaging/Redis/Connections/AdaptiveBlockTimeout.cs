using RedisMessaging.Background;
namespace RedisMessaging.Redis.Connections;

/// <summary>How long to block: short while there is work, longer while there is none, so that idle topics cost little.</summary>
internal sealed class AdaptiveBlockTimeout(TimeSpan longest)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestOfAll = TimeSpan.FromSeconds(10);

    private TimeSpan _next = Shortest;

    public void Shorten() => _next = Shortest;

    /// <summary>The next block; the one after it is longer, unless something arrives.</summary>
    public TimeSpan Next()
    {
        var block = _next;
        _next = Durations.Min(_next * 1.5, LongestOfAll);
        return Durations.Min(block, longest);
    }
}
