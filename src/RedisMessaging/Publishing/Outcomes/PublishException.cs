using RedisMessaging.Topics;

namespace RedisMessaging;

/// <summary>A publish that did not end with the message known to be stored.</summary>
public abstract class PublishException : RedisMessagingException
{
    private protected PublishException(string message, string topic, string messageId, Exception? innerException)
        : base(message, innerException)
    {
        Topic = topic;
        MessageId = messageId;
    }

    /// <summary>The topic published to.</summary>
    public string Topic { get; }

    /// <summary>The message's id.</summary>
    public string MessageId { get; }
}
