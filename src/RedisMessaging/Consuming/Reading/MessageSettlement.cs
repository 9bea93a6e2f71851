using RedisMessaging.Bus.Stopping;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Reading;

/// <summary>The verbs of one message that a handler or a reader has. The first of ack, nack and dead-letter counts.</summary>
internal abstract class MessageSettlement(ConsumerPump pump, InFlightMessage held) : ISettle
{
    /// <summary>The handlers of its consumer.</summary>
    public RunningHandlers Handlers => pump.Handlers;

    private int _decided;

    public ValueTask<bool> AckAsync(CancellationToken cancellationToken) =>
        TryDecide() ? SettleAsync(SettlementKind.Ack, null, cancellationToken) : ValueTask.FromResult(false);

    public virtual ValueTask<bool> DeadLetterAsync(string reason, CancellationToken cancellationToken) =>
        TryDecide() ? SettleAsync(SettlementKind.DeadLetter, reason, cancellationToken) : ValueTask.FromResult(false);

    public virtual ValueTask<bool> NackAsync(TimeSpan delay, CancellationToken cancellationToken) =>
        TryDecide() ? RetryAsync(delay, cancellationToken) : ValueTask.FromResult(false);

    /// <summary>Whether it may be handled: no other consumer has it by now.</summary>
    public ValueTask<bool> IsOursAsync(CancellationToken cancellationToken) => pump.IsOursAsync(held, cancellationToken);

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
            throw RedisFaults.Translate("The lease of a message", error);
        }
    }

    /// <summary>True for the one verb that counts.</summary>
    protected bool TryDecide() => Interlocked.Exchange(ref _decided, 1) == 0;

    protected ValueTask<bool> SettleAsync(SettlementKind kind, string? reason, CancellationToken cancellationToken) =>
        pump.SettleAsync(held, kind, reason, cancellationToken);

    protected ValueTask<bool> RetryAsync(TimeSpan delay, CancellationToken cancellationToken) => delay <= TimeSpan.Zero
        ? SettleAsync(SettlementKind.Retry, null, cancellationToken)
        : pump.RetryLaterAsync(held, delay, cancellationToken);
}
