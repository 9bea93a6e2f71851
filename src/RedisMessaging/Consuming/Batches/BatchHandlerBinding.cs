using RedisMessaging.Consuming.Handlers;

namespace RedisMessaging.Consuming.Batches;

/// <summary>
/// A user's batch handler behind one untyped call. Messages are filtered one by one before they join a batch, so their own scopes are none
/// of its.
/// </summary>
internal abstract class BatchHandlerBinding(Type messageType, string name) : HandlerBinding(messageType, name, needsScope: false)
{
    public sealed override ValueTask HandleAsync(
        object message,
        MessageContext context,
        IServiceProvider services,
        CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"{Name} is given batches.");

    /// <param name="batch">What is handed to the handler; it keeps what the handler knows each message by.</param>
    /// <param name="services">The root provider.</param>
    /// <param name="cancellationToken">For the whole batch.</param>
    public abstract ValueTask HandleAsync(IReadOnlyList<BatchItem> batch, IServiceProvider services, CancellationToken cancellationToken);

    protected static ReceivedMessage<T>[] ToReceived<T>(IReadOnlyList<BatchItem> batch)
    {
        var received = new ReceivedMessage<T>[batch.Count];
        for (var i = 0; i < received.Length; i++)
        {
            received[i] = new ReceivedMessage<T>(batch[i].Context.Context!, batch[i], (T)batch[i].Context.Message!, null);
            batch[i].Handed = received[i];
        }

        return received;
    }
}
