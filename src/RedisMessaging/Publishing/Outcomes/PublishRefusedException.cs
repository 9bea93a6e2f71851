namespace RedisMessaging;

/// <summary>
/// Redis refused a message, or it was never sent because it exceeds a limit: it is not stored, and publishing it again can't double it.
/// </summary>
public class PublishRefusedException : PublishException
{
    private const string NeverAccepted = "This is a mistake in the call: publishing it again unchanged is never accepted.";

    internal PublishRefusedException(string topic, string messageId, string reason, Exception? innerException = null)
        : base($"Message '{messageId}' was not published to topic '{topic}': {reason}", topic, messageId, innerException)
    {
    }

    /// <summary>The call asks for something that can't be done, whatever state Redis is in.</summary>
    internal static PublishRefusedException Mistake(string topic, string messageId, string reason, Exception? innerException = null) =>
        new(topic, messageId, $"{reason} {NeverAccepted}", innerException);

    /// <summary>
    /// Whether the same publish may succeed later: Redis was away, starting, a replica, or full (<c>OOM</c>). All but the last were tried
    /// again until <see cref="RedisMessagingOptions.PublishTimeout"/> was over or the publish's token was cancelled.
    /// <see langword="false"/>: something has to be changed first. It is always <see langword="false"/> for a mistake in the call, such as
    /// a <see cref="PublishOptions.Delay"/> on Pub/Sub or a message that is too large; the text says so.
    /// </summary>
    public bool IsTransient { get; internal init; }
}
