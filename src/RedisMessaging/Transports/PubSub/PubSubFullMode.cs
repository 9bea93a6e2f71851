namespace RedisMessaging;

/// <summary>What a Pub/Sub subscription does with a message when its buffer is full. Waiting is impossible: Redis pushes.</summary>
public enum PubSubFullMode
{
    /// <summary>Drops the oldest message in the buffer.</summary>
    DropOldest,

    /// <summary>Drops the message that just arrived.</summary>
    DropNewest,
}
