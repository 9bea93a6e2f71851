using RedisMessaging.Diagnostics;

namespace RedisMessaging;

/// <summary>The connection or the time ran out while a message was on its way: it may or may not be stored.</summary>
/// <remarks>
/// On a queue or a stream a message that was given a <see cref="PublishOptions.MessageId"/> was tried again by itself until
/// <see cref="RedisMessagingOptions.PublishTimeout"/> was over, and can be published once more with that id: within the topic's
/// <see cref="TopicOptions.DeduplicationWindow"/> it is stored once. Any other may be doubled by a second publish; handlers can tell it by
/// <see cref="MessageContext.MessageId"/> when the second one uses <see cref="PublishException.MessageId"/> of this exception. On a stream
/// of a server that knows repeats (Redis 8.6) the bus tries a message without one again as well, and this is thrown only when its time is
/// over or the server may have forgotten the first attempt.
/// </remarks>
public sealed class PublishOutcomeUnknownException : PublishException
{
    internal PublishOutcomeUnknownException(string topic, string messageId, Exception innerException)
        : base(
            $"Message '{messageId}' was sent to topic '{topic}', but its outcome is not known ({BoundedText.MessageOf(innerException)}). "
            + "It may be stored: publishing it again may double it, unless its publisher gave it its MessageId and gives it the same "
            + "again.",
            topic,
            messageId,
            innerException)
    {
    }
}
