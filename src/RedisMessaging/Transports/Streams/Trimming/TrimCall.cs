using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Trimming;

/// <summary>What one call of stream-trim.lua came to.</summary>
/// <param name="Removed">How many entries were removed.</param>
/// <param name="HasMore">It stopped because that is enough for one call.</param>
/// <param name="Groups">The groups that there is something to tell of.</param>
internal readonly record struct TrimCall(long Removed, bool HasMore, IReadOnlyList<TrimmedGroup> Groups)
{
    private const int PerGroup = 6;

    public static TrimCall Read(RedisResult reply)
    {
        var values = (RedisResult[])reply!;
        var groups = new List<TrimmedGroup>();
        for (var i = 2; i < values.Length; i += PerGroup)
        {
            groups.Add(new TrimmedGroup((string)values[i]!, (long)values[i + 1], (long)values[i + 2])
            {
                SilentFor = (long)values[i + 3] is >= 0 and var silent ? TimeSpan.FromMilliseconds(silent) : null,
                Pending = (long)values[i + 4],
                Lag = (long)values[i + 5] is >= 0 and var lag ? lag : null,
            });
        }

        return new TrimCall((long)values[0], (bool)values[1], groups);
    }
}
