namespace RedisMessaging;

/// <summary>Handles messages of one type.</summary>
/// <typeparam name="T">The message type. Treat the message as immutable: attempts made in process share one object.</typeparam>
/// <remarks>
/// A handler is taken from a DI scope of its own for each message. Returning acks the message; throwing nacks it, and it is
/// delivered again (see <see cref="MessageContext.Attempt"/>). On Pub/Sub there is nothing to ack: a failed message is tried again in
/// process.
/// </remarks>
public interface IMessageHandler<in T>
{
    /// <summary>Handles one message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="context">Where it came from: id, topic, attempt, headers.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the subscription stops, shortly before its <c>ShutdownTimeout</c> is over, and when the message's lease was lost.
    /// </param>
    /// <returns>A task whose success acks the message.</returns>
    ValueTask HandleAsync(T message, MessageContext context, CancellationToken cancellationToken);
}
