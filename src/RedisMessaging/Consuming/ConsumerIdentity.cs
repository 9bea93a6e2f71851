using RedisMessaging.Topics;

namespace RedisMessaging.Consuming;

/// <summary>Who consumes, for logs and counters.</summary>
internal sealed record ConsumerIdentity(string Topic, string Group);
