using StackExchange.Redis;

namespace RedisMessaging.Redis.Keys;

/// <summary>How a transport lays a topic out in Redis, and what it takes to consume from there.</summary>
internal sealed record TopicLayout
{
    /// <summary>What the keys are together, for messages: a queue, a stream.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the layout; a process that meets a newer one refuses.</summary>
    public required int Version { get; init; }

    /// <summary>Holds the version that the topic was written with.</summary>
    public required RedisKey Stamp { get; init; }

    /// <summary>The topic's keys and what each holds, in the words of TYPE.</summary>
    public required IReadOnlyList<(RedisKey Key, string Type)> Keys { get; init; }

    /// <summary>Every command that consuming sends, in scripts or not; a subcommand as <c>XGROUP|CREATE</c>.</summary>
    public required IReadOnlyList<string> Commands { get; init; }
}
