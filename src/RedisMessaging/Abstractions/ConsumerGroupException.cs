namespace RedisMessaging;

/// <summary>A consumer group that is not there, or can't be deleted as it is.</summary>
public sealed class ConsumerGroupException : RedisMessagingException
{
    internal ConsumerGroupException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
