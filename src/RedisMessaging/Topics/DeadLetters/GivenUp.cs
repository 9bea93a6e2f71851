namespace RedisMessaging.Topics.DeadLetters;

/// <summary>What is known of a message that is given up, beside its settlement.</summary>
/// <param name="Context">Where its envelope could be read.</param>
/// <param name="Message">Where its body could be read.</param>
/// <param name="Exception">What it failed with here.</param>
internal sealed record GivenUp(MessageContext? Context, object? Message, Exception? Exception);
