namespace RedisMessaging.Transports.Contracts;

/// <summary>What bounds a receive, beside the number of messages that its buffer has room for.</summary>
/// <param name="Bytes">How many bytes the messages may have together: as near as the transport can tell before it has them, and never fewer than one message.</param>
/// <param name="NewOnly">
/// What a dead consumer held is left where it is, as far as the transport can tell it apart before it takes it: so much of it is in hand that no other messages would find room.
/// </param>
internal readonly record struct ReceiveBounds(long Bytes, bool NewOnly = false);
