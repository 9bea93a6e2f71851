namespace RedisMessaging;

/// <summary>What a queue topic promises.</summary>
public enum QueueDelivery
{
    /// <summary>A message stays claimed under a lease until it is acked, and comes back when its consumer dies.</summary>
    AtLeastOnce,

    /// <summary>
    /// A message is gone when it is handed out (<c>BLMPOP</c>): faster, and lost when the consumer or its connection dies before the handler ends.
    /// </summary>
    AtMostOnce,
}
