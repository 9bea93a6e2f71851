namespace RedisMessaging;

/// <summary>What to do with a message whose type name a topic does not know.</summary>
public enum UnknownTypePolicy
{
    /// <summary>Dead-letter it with its reason; count and log it.</summary>
    DeadLetter,

    /// <summary>Ack it unhandled; count it.</summary>
    Ignore,
}
