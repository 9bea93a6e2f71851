namespace RedisMessaging;

/// <summary>A consumer group that is not there, can't be deleted as it is, or has yet to handle what was to be deleted.</summary>
public sealed class ConsumerGroupException : RedisMessagingException
{
    internal ConsumerGroupException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
