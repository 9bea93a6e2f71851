using RedisMessaging.Bus;
using RedisMessaging.Consuming;
using RedisMessaging.Consuming.Leases;

namespace RedisMessaging.Transports.Contracts;

/// <summary>
/// One consumer's end of a topic. Owned by one <c>ConsumerPump</c>: one ReceiveAsync at a time, settling beside it from any thread.
/// Disposing gives back to Redis whatever is still held.
/// </summary>
internal interface IReceiver : IAsyncDisposable
{
    /// <summary>
    /// Waits for at least one delivery. The buffer's length is the free prefetch, so backpressure and batch size are one number. Transient faults of Redis
    /// (lost connections, lost groups, a server that is loading) are logged and survived in here; what is thrown is final.
    /// </summary>
    /// <returns>How many deliveries were written to the buffer. When stopped while some were under way, those rather than an exception.</returns>
    /// <exception cref="OperationCanceledException">Stopped with nothing received.</exception>
    ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, ReceiveBounds bounds, CancellationToken cancellationToken);

    /// <summary>
    /// Instead of receiving, while the consumer is paused; asked now and then: shows Redis that the consumer is there, and hands out what is this consumer's own and never was handed out, such as what
    /// arrived while a blocked read was ended. Fetches nothing new, and waits for nothing.
    /// </summary>
    /// <returns>How many deliveries were written to the buffer; 0 when there are no more.</returns>
    ValueTask<int> ReceiveOwnAsync(Memory<Delivery> buffer, CancellationToken cancellationToken) => ValueTask.FromResult(0);

    /// <summary>Carries out verdicts, guarded by ownership.</summary>
    /// <returns>How many of the deliveries were still this receiver's.</returns>
    /// <exception cref="SettleRefusedException">Redis refused some of them for a reason that may last, and carried out the others.</exception>
    /// <exception cref="StackExchange.Redis.RedisException">The outcome is not known; the batch may be settled again.</exception>
    /// <exception cref="TimeoutException">The outcome is not known; the batch may be settled again.</exception>
    ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken);

    /// <summary>Renews leases (<see cref="SettlementKind.Extend"/>), waiting on the calling thread, from which nothing goes to the thread pool. Beside everything else, one call at a time.</summary>
    /// <returns>How many of the deliveries were still this receiver's.</returns>
    /// <exception cref="StackExchange.Redis.RedisException">The outcome is not known.</exception>
    /// <exception cref="TimeoutException">The outcome is not known.</exception>
    int Renew(ILeaseConnection connection, ReadOnlyMemory<Settlement> batch) => batch.Length;

    /// <summary>
    /// Whether a delivery that is not settled is certain to be this receiver's still: less than a lease ago it was fetched or Redis confirmed it. Else its lease may have run out, and only
    /// a renewal can tell. Always true where there is no lease.
    /// </summary>
    bool IsFresh(in Delivery delivery) => true;
}
