namespace RedisMessaging;

/// <summary>Something was set up wrong. The text names the topic, the value and the fix.</summary>
public sealed class RedisMessagingConfigurationException : RedisMessagingException
{
    internal RedisMessagingConfigurationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
