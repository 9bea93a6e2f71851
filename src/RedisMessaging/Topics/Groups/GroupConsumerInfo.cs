namespace RedisMessaging;

/// <summary>A consumer of a group at this moment.</summary>
/// <param name="Name">Its name: unique for each start of a process and each of its subscriptions.</param>
/// <param name="Pending">How many messages it has fetched and not acked, retries included.</param>
/// <param name="Idle">Since when it has given no sign of life.</param>
public sealed record GroupConsumerInfo(string Name, long Pending, TimeSpan Idle);
