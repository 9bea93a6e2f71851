using StackExchange.Redis;

namespace RedisMessaging.Requests;

/// <summary>The streams that replies go to: one for each process that asks, <c>prefix{#instance}:replies</c>.</summary>
internal static class ReplyKey
{
    // No topic's name has a '#', so no key of a topic looks like this: what a request names is written to, and must not be anybody's data.
    private const string Start = "{#";
    private const string End = "}:replies";

    public static RedisKey Of(string prefix, string instance) => prefix + Start + instance + End;

    /// <summary>A glob for all of them, to grant rights with.</summary>
    public static string PatternOf(string prefix) => $"{prefix}{Start}*{End}";

    public static bool IsOne(string key) => key.EndsWith(End, StringComparison.Ordinal) && key.Contains(Start, StringComparison.Ordinal);
}
