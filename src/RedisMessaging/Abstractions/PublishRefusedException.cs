namespace RedisMessaging;

/// <summary>Redis refused a message, or it was never sent because it exceeds a limit: it is not stored, and publishing it again can't double it.</summary>
public class PublishRefusedException : PublishException
{
    internal PublishRefusedException(string topic, string messageId, string reason, Exception? innerException = null)
        : base($"Message '{messageId}' was not published to topic '{topic}': {reason}", topic, messageId, innerException)
    {
    }

    /// <summary>
    /// Whether the same publish may succeed later: Redis was away, starting, a replica, or full (<c>OOM</c>). All but the last were tried again until
    /// <see cref="RedisMessagingOptions.PublishTimeout"/> was over or the publish's token was cancelled. <see langword="false"/>: something has to be changed first.
    /// </summary>
    public bool IsTransient { get; internal init; }
}
