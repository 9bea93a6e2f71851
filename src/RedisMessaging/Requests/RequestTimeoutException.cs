namespace RedisMessaging;

/// <summary>
/// No reply came within <see cref="RequestOptions.Timeout"/>. The request may be handled all the same, or have been: the text says whether
/// it was published.
/// </summary>
public sealed class RequestTimeoutException : RequestException
{
    internal RequestTimeoutException(string message, string topic, string? messageId, Exception? innerException = null)
        : base(message, topic, messageId, innerException)
    {
    }
}
