namespace RedisMessaging;

/// <summary>Handles messages of one type many at a time.</summary>
/// <typeparam name="T">The message type. Treat the messages as immutable: attempts made in process share one object.</typeparam>
/// <remarks>
/// <para>
/// A handler is taken from a DI scope of its own for each batch. Each message is settled by itself: what the handler settled
/// (<see cref="ReceivedMessage{T}.AckAsync"/>, <see cref="ReceivedMessage{T}.NackAsync"/>,
/// <see cref="ReceivedMessage{T}.DeadLetterAsync"/>) keeps that outcome; of the rest, returning acks all, throwing fails all, and throwing
/// a <see cref="BatchException"/> fails those it names and acks the others. What fails takes the ordinary way: another attempt as
/// <see cref="ConsumerOptions.Retry"/> says, in a batch with whatever else is there then, or a dead letter.
/// </para>
/// <para>
/// A batch is in the order the messages were handed out in, and with a concurrency of 1 so are batches. Filters run around each message by
/// itself, before and after the batch.
/// </para>
/// </remarks>
public interface IBatchHandler<T>
{
    /// <summary>Handles a batch.</summary>
    /// <param name="batch">
    /// One message at least, and <see cref="BatchHandlerOptions.BatchSize"/> at the most. Their leases are renewed while the handler runs.
    /// </param>
    /// <param name="cancellationToken">
    /// Cancelled when the subscription stops, shortly before its <c>ShutdownTimeout</c> is over, and after
    /// <see cref="ConsumerOptions.HandlerTimeout"/>. Not when a single message's lease is lost: its verbs return <see langword="false"/>
    /// then.
    /// </param>
    /// <returns>A task whose success acks what the handler did not settle.</returns>
    ValueTask HandleAsync(IReadOnlyList<ReceivedMessage<T>> batch, CancellationToken cancellationToken);
}
