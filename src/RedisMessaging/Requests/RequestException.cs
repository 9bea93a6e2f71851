using RedisMessaging.Topics;

namespace RedisMessaging;

/// <summary>A request that got no usable reply.</summary>
public class RequestException : RedisMessagingException
{
    internal RequestException(string message, string topic, string? messageId, Exception? innerException = null)
        : base(message, innerException)
    {
        Topic = topic;
        MessageId = messageId;
    }

    /// <summary>The topic asked over.</summary>
    public string Topic { get; }

    /// <summary>The request's id; <see langword="null"/> when it had none yet.</summary>
    public string? MessageId { get; }
}
