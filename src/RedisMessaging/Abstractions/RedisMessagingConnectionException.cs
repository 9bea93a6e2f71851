namespace RedisMessaging;

/// <summary>Redis could not be reached in time. The text says for how long it was tried.</summary>
public sealed class RedisMessagingConnectionException : RedisMessagingException
{
    internal RedisMessagingConnectionException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
