namespace RedisMessaging;

/// <summary>Redis refused a message, or it was never sent because it exceeds a limit: it is not stored, and publishing it again can't double it.</summary>
public sealed class PublishRefusedException : PublishException
{
    internal PublishRefusedException(string topic, string messageId, string reason, Exception? innerException = null)
        : base($"Message '{messageId}' was not published to topic '{topic}': {reason}", topic, messageId, innerException)
    {
    }
}
