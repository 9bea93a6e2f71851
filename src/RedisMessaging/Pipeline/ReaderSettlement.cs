using RedisMessaging.Connections;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>The verbs of one message that a reader holds. The first of ack, nack and dead-letter counts.</summary>
internal sealed class ReaderSettlement(ConsumerPump pump, HeldDelivery held) : ISettle
{
    private int _decided;

    public ValueTask<bool> AckAsync(CancellationToken cancellationToken) => SettleAsync(Verdict.Ack, null, cancellationToken);

    public ValueTask<bool> DeadLetterAsync(string reason, CancellationToken cancellationToken) => SettleAsync(Verdict.DeadLetter, reason, cancellationToken);

    public ValueTask<bool> NackAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        if (delay <= TimeSpan.Zero)
        {
            return SettleAsync(Verdict.Retry, null, cancellationToken);
        }

        return Decide() ? pump.RetryLaterAsync(held, delay, cancellationToken) : ValueTask.FromResult(false);
    }

    public async ValueTask<bool> ExtendAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _decided) != 0)
        {
            return false;
        }

        try
        {
            return await pump.ExtendAsync(held, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            throw new RedisMessagingConnectionException($"The lease could not be extended: {error.Message}", error);
        }
    }

    private ValueTask<bool> SettleAsync(Verdict verdict, string? reason, CancellationToken cancellationToken) =>
        Decide() ? pump.SettleAsync(held, verdict, reason, cancellationToken) : ValueTask.FromResult(false);

    private bool Decide() => Interlocked.Exchange(ref _decided, 1) == 0;
}
