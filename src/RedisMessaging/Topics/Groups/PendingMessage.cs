namespace RedisMessaging;

/// <summary>A message that a consumer of a group has fetched and not acked.</summary>
/// <param name="Position">The entry's id in the stream it was published to.</param>
/// <param name="Consumer">Whose it is.</param>
/// <param name="Idle">For how long its lease was not renewed.</param>
/// <param name="Deliveries">How often it was fetched.</param>
/// <param name="Attempts">How many starts of a handler are recorded: those of redelivered messages are.</param>
public sealed record PendingMessage(string Position, string Consumer, TimeSpan Idle, int Deliveries, int Attempts);
