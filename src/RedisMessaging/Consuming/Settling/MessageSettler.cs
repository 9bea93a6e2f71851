using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Settling;

/// <summary>
/// Ends the messages of one consumer: each is settled once, or lost to another consumer. The first settlement of a message counts.
/// </summary>
internal sealed class MessageSettler(
    IReceiver receiver,
    InFlightMessages inFlight,
    ConsumerIdentity identity,
    BusServices bus) : IDisposable
{
    private const int MaxReleasedAtOnce = 1_000;

    private readonly SettlementBatcher _batcher = new(receiver, inFlight, identity, bus);

    /// <summary>Notified of what is given up; <see langword="null"/> where no observer is registered.</summary>
    public DeadLetterNotifier? DeadLetters
    {
        get => _batcher.DeadLetters;
        set => _batcher.DeadLetters = value;
    }

    public void Start() => _batcher.Start();

    /// <summary>Settles in the background, in one batch with other settlements.</summary>
    public void Settle(InFlightMessage message, SettlementKind kind, string? reason = null, string? detail = null)
    {
        if (message.TryBeginSettling())
        {
            _batcher.Add(message, ToSettlement(message, kind, reason, detail));
        }
    }

    /// <summary>Settles, and tells whether the message was still this consumer's.</summary>
    public async ValueTask<bool> SettleAsync(
        InFlightMessage message,
        SettlementKind kind,
        string? reason,
        CancellationToken cancellationToken) =>
        message.TryBeginSettling()
        && await _batcher.SettleOneAsync(message, ToSettlement(message, kind, reason)).WaitAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Has Redis deliver a message again after a while, where the transport keeps a schedule.</summary>
    public void Schedule(InFlightMessage message, TimeSpan delay)
    {
        if (message.TryBeginSettling())
        {
            _batcher.Add(message, Delayed(message, delay));
        }
    }

    /// <inheritdoc cref="Schedule"/>
    /// <returns>Whether the message was still this consumer's.</returns>
    public async ValueTask<bool> ScheduleAsync(InFlightMessage message, TimeSpan delay, CancellationToken cancellationToken) =>
        message.TryBeginSettling()
        && await _batcher.SettleOneAsync(message, Delayed(message, delay)).WaitAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Releases messages in as few steps as possible: released one by one, the second would come before the first.</summary>
    public async Task ReleaseAllAsync(IEnumerable<InFlightMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var chunk in messages.Where(message => message.TryBeginSettling()).ToList().Chunk(MaxReleasedAtOnce))
        {
            await _batcher.SettleManyAsync(chunk, Array.ConvertAll(chunk, Released)).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Another consumer has the message or gets it: its handler is cancelled.</summary>
    public void Lose(InFlightMessage message)
    {
        if (message.TryMarkLost())
        {
            bus.Instruments.LeasesLost.Add(1, Instruments.Consumer(identity.Topic, identity.Group));
            Log.LeaseLost(bus.Logger, identity.Topic, identity.Group, 1);
            if (message.HandlerCancellation is { } handler)
            {
                _ = HandlerToken.CancelAsync(handler, identity, bus.Logger);
            }

            inFlight.Remove(message);
        }
    }

    /// <summary>Settles what is pending, and releases what is still in flight.</summary>
    /// <param name="patience">For how long to try.</param>
    public async Task CloseAsync(TimeSpan patience)
    {
        var rest = new List<InFlightMessage>();
        inFlight.CopyTo(rest);
        rest.RemoveAll(message => !message.TryBeginSettling());
        await _batcher.CloseAsync(rest.ConvertAll(Released), patience).ConfigureAwait(false);
        rest.ForEach(inFlight.Remove);
    }

    public void Dispose() => _batcher.Dispose();

    private static Settlement Delayed(InFlightMessage message, TimeSpan delay) =>
        ToSettlement(message, SettlementKind.Retry, null) with { Delay = delay };

    private static Settlement Released(InFlightMessage message) => ToSettlement(message, SettlementKind.Release, null);

    private static Settlement ToSettlement(InFlightMessage message, SettlementKind kind, string? reason, string? detail = null) =>
        new(message.Delivery, kind, message.Starts, reason, detail)
        {
            HandledId = kind == SettlementKind.Ack ? message.HandledId : null,
            MessageId = kind is SettlementKind.DeadLetter or SettlementKind.Retry or SettlementKind.Release
                ? DeliveryName.Of(message.Delivery)
                : null,
        };
}
