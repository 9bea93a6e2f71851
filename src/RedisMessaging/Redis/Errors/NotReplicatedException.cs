namespace RedisMessaging.Redis.Errors;

/// <summary>
/// The primary has the message, but not as many replicas as its topic asks for: whether it outlives a failover is not known, which is what
/// a publisher is told.
/// </summary>
internal sealed class NotReplicatedException(string message, Exception? innerException = null) : TimeoutException(message, innerException);
