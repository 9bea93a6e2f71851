namespace RedisMessaging.FaultTests;

/// <param name="Key">What was handled.</param>
/// <param name="Consumer">Who handled it.</param>
/// <param name="Attempt">What the consumer was told about attempts.</param>
/// <param name="At">When the handler was started, since the run began.</param>
internal sealed record Handling(MessageKey Key, string Consumer, int Attempt, TimeSpan At);
