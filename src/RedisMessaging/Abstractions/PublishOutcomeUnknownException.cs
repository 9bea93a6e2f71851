namespace RedisMessaging;

/// <summary>The connection or the time ran out while a message was on its way: it may or may not be stored.</summary>
/// <remarks>Publishing it again may double it. Handlers can tell doubles by <see cref="MessageContext.MessageId"/> when the second publish uses the same id.</remarks>
public sealed class PublishOutcomeUnknownException : PublishException
{
    internal PublishOutcomeUnknownException(string topic, string messageId, Exception innerException)
        : base(
            $"Message '{messageId}' was sent to topic '{topic}', but its outcome is not known ({innerException.Message}). It may be stored: publishing it again may double it, so give it the same MessageId.",
            topic,
            messageId,
            innerException)
    {
    }
}
