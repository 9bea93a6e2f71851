namespace RedisMessaging;

/// <summary>What a Pub/Sub subscription does with a message when its buffer is full. Waiting is impossible: Redis pushes.</summary>
public enum PubSubFullMode
{
    /// <summary>Drops the oldest message in the buffer.</summary>
    DropOldest,

    /// <summary>Drops the message that just arrived.</summary>
    DropNewest,

    /// <summary>
    /// Drops the whole buffer, as a lost connection would, and tells of it as of one (<see cref="IMessageSubscription.Gap"/>): for whoever would rather read state anew than miss single messages.
    /// </summary>
    Disconnect,
}
