namespace RedisMessaging.FaultTests;

/// <param name="Key">What was published.</param>
/// <param name="Outcome">What the publisher was told.</param>
/// <param name="SentAt">When it began to publish, since the run began.</param>
/// <param name="At">When it was told.</param>
/// <param name="Error">Why it was not ok.</param>
internal sealed record Published(MessageKey Key, Outcome Outcome, TimeSpan SentAt, TimeSpan At, Exception? Error);
