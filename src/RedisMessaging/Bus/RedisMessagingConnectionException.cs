namespace RedisMessaging;

/// <summary>
/// Redis could not be reached in time, or refused what it was asked: the text says which, and the inner exception is that of
/// StackExchange.Redis.
/// </summary>
/// <remarks>
/// Starting, subscribing, reading and following a stream wait for Redis until <see cref="RedisMessagingOptions.StartTimeout"/> is over.
/// What operators ask for (<see cref="ITopic"/>) is tried once, and ends within the connection's <c>asyncTimeout</c> (5 seconds by default)
/// for each command that it sends.
/// </remarks>
public sealed class RedisMessagingConnectionException : RedisMessagingException
{
    internal RedisMessagingConnectionException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
