namespace RedisMessaging;

/// <summary>What became of one of many messages: a result or an error.</summary>
/// <param name="Result">The result when <paramref name="Error"/> is null; otherwise only its <see cref="PublishResult.MessageId"/> says
/// something.</param>
/// <param name="Error">Why the message was refused, or why its outcome is not known; <see langword="null"/> when it is stored.</param>
public readonly record struct PublishOutcome(PublishResult Result, Exception? Error);
