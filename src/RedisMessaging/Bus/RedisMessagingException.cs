namespace RedisMessaging;

/// <summary>The root of all exceptions of this library.</summary>
public abstract class RedisMessagingException : Exception
{
    private protected RedisMessagingException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
