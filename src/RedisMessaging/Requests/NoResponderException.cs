namespace RedisMessaging;

/// <summary>
/// Nobody subscribes to the Pub/Sub channel asked over, as the server says: there will be no reply. Thrown at once. In a cluster, where the
/// server can't tell, the request times out instead.
/// </summary>
public sealed class NoResponderException : RequestException
{
    internal NoResponderException(string topic, string messageId)
        : base(
            $"Request '{messageId}' reached nobody: there is no subscriber on topic '{topic}'. Start a process with a request handler for "
                + "it, or use a Queue or Stream topic, which keeps requests until one is there.",
            topic,
            messageId)
    {
    }
}
