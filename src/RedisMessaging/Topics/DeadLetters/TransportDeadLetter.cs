namespace RedisMessaging.Topics.DeadLetters;

/// <summary>A dead letter that a transport wrote by itself, of a message that no consumer had in hand.</summary>
/// <param name="Position">Where the message stood, if that is known.</param>
/// <param name="Reason">One of <see cref="DeadLetterReason"/>.</param>
/// <param name="Detail">What exactly went wrong.</param>
internal readonly record struct TransportDeadLetter(string? Position, string Reason, string Detail);
