namespace RedisMessaging;

/// <summary>A batch handler as a delegate: see <see cref="IBatchHandler{T}"/>.</summary>
/// <typeparam name="T">The message type.</typeparam>
/// <param name="batch">One message at least, and the batch size at the most.</param>
/// <param name="cancellationToken">
/// Cancelled when the subscription is stopped for good, and after <see cref="ConsumerOptions.HandlerTimeout"/>.
/// </param>
/// <returns>A task whose success acks what the handler did not settle; a failure fails it.</returns>
public delegate ValueTask BatchHandler<T>(IReadOnlyList<ReceivedMessage<T>> batch, CancellationToken cancellationToken);
