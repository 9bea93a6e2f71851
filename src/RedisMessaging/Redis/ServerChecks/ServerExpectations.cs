using StackExchange.Redis;

namespace RedisMessaging.Redis.ServerChecks;

/// <summary>What the configuration expects of the server.</summary>
internal sealed record ServerExpectations
{
    /// <summary>The user the connection is to act as; <see langword="null"/> when none was named.</summary>
    public string? User { get; init; }

    /// <summary>The database of the command connection.</summary>
    public int Database { get; init; }

    /// <summary>What StackExchange.Redis puts in front of the command connection's channels.</summary>
    public RedisChannel ChannelPrefix { get; init; }

    /// <summary>The options that were given for the bus's own connections.</summary>
    public ConfigurationOptions? BlockingConnectionOptions { get; init; }

    /// <summary>Topics that keep messages in Redis.</summary>
    public IReadOnlyList<string> DurableTopics { get; init; } = [];

    /// <summary>The largest message that is sent, in bytes.</summary>
    public int MaxMessageBytes { get; init; }
}
