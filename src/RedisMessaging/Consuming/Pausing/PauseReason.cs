using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Pausing;

/// <summary>Who paused a consumer. It continues once every reason is gone.</summary>
[Flags]
internal enum PauseReason
{
    None = 0,

    /// <summary>The subscription's own PauseAsync.</summary>
    Subscription = 1,

    /// <summary>A flag in Redis, for the topic or the group.</summary>
    Topic = 2,

    /// <summary>The configuration: <c>Topics:{topic}:Handlers:{group}:Paused</c>.</summary>
    Configuration = 4,

    /// <summary>Its handlers fail with what <see cref="ConsumerOptions.PauseOn{TException}"/> names.</summary>
    Failures = 8,
}
