namespace RedisMessaging;

/// <summary>A handler as a delegate: see <see cref="IMessageHandler{T}"/>.</summary>
/// <typeparam name="T">The message type.</typeparam>
/// <param name="message">The message.</param>
/// <param name="context">Where it came from: id, topic, attempt, headers.</param>
/// <param name="cancellationToken">Cancelled when the subscription is stopped for good or the lease was lost.</param>
/// <returns>A task whose success acks the message; a failure nacks it.</returns>
public delegate ValueTask MessageHandler<in T>(T message, MessageContext context, CancellationToken cancellationToken);
