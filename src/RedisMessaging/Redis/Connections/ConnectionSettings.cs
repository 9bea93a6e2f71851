using RedisMessaging.Redis.ServerChecks;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections;

/// <summary>How the bus connects.</summary>
internal sealed record ConnectionSettings
{
    public required ConnectionSource Source { get; init; }

    /// <summary>What to open connections of our own with, where the source can't tell.</summary>
    public ConfigurationOptions? BlockingConnectionOptions { get; init; }

    /// <summary>How long to try before giving up at start-up.</summary>
    public required TimeSpan StartTimeout { get; init; }

    /// <summary>Go on without Redis and connect later.</summary>
    public required bool StartWithoutRedis { get; init; }

    /// <summary>What to do about a server that would lose messages.</summary>
    public OnUnsafeServer OnUnsafeServer { get; init; }

    /// <summary>Topics that keep messages in Redis.</summary>
    public IReadOnlyList<string> DurableTopics { get; init; } = [];

    /// <summary>The largest message that is sent, in bytes.</summary>
    public int MaxMessageBytes { get; init; }

    /// <summary>The longest that a publish of some topic waits for replicas.</summary>
    public TimeSpan LongestReplicationTimeout { get; init; }

    /// <summary>Newer commands that are not used, whatever the server knows.</summary>
    public NewerVerb WithoutVerbs { get; init; }

    /// <summary>The start of every connection's name in CLIENT LIST.</summary>
    public required string ClientName { get; init; }
}
