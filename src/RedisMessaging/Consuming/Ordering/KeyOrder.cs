namespace RedisMessaging;

/// <summary>
/// How a process handles messages that have one <see cref="PublishOptions.Key"/>. Messages without a key are handled as they come.
/// </summary>
public enum KeyOrder
{
    /// <summary>Keys mean nothing: as many messages are handled at the same time as the concurrency says, whatever their keys.</summary>
    None,

    /// <summary>
    /// One after another, in the order they were handed out in. What fails is tried again in this process, its key waiting meanwhile and no
    /// handler occupied; after <see cref="RetryOptions.MaxAttempts"/> it is dead-lettered, and the key continues.
    /// </summary>
    Strict,

    /// <summary>
    /// One after another, in the order they were handed out in. What fails goes back to Redis as usual and later ones of its key go on: it
    /// comes again after them, with a <see cref="MessageContext.Attempt"/> above 1.
    /// </summary>
    Overtaking,
}
