using System.Threading.Channels;
using RedisMessaging.Background;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Settling;

/// <summary>
/// Collects settlements while a batch of them is on its way to Redis: one round trip settles what was handled during the last one. There is
/// no timer, so a single message is settled at once. What Redis refuses is sent again and delays no other settlement.
/// </summary>
internal sealed class SettlementBatcher : IDisposable
{
    /// <summary>
    /// Acks are one plain command, and larger when they come fast; other settlements may be scripts, which block the server meanwhile.
    /// </summary>
    private const int MaxAcks = 1_000;
    private const int MaxMixed = 100;

    /// <summary>What such a script moves goes through it as a whole.</summary>
    private const long MaxMixedBytes = 8 << 20;

    /// <summary>For how long an unreachable Redis is tried when the consumer closes.</summary>
    public static readonly TimeSpan MaxCloseTime = TimeSpan.FromSeconds(5);

    private readonly InFlightMessages _inFlight;
    private readonly ConsumerIdentity _identity;
    private readonly BusServices _bus;
    private readonly Channel<PendingSettlement> _pending = Channel.CreateUnbounded<PendingSettlement>(
        new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _giveUp = new();
    private readonly SettlementSender _sender;
    private readonly RefusedSettlements _refused;
    private Task _flushing = Task.CompletedTask;
    private Task _together = Task.CompletedTask;

    public SettlementBatcher(IReceiver receiver, InFlightMessages inFlight, ConsumerIdentity identity, BusServices bus)
    {
        _inFlight = inFlight;
        _identity = identity;
        _bus = bus;
        _sender = new SettlementSender(receiver, identity, bus, _giveUp.Token);
        _refused = new RefusedSettlements(bus.Time);
    }

    /// <summary>Called for each message whose dead letter is written.</summary>
    public DeadLetterNotifier? DeadLetters { get; set; }

    public void Start() =>
        _flushing = BackgroundLoop.StartLasting(
            nameof(SettlementBatcher),
            _bus.Logger,
            FlushAsync,
            () => _pending.Reader.Completion.IsCompleted);

    public void Add(InFlightMessage message, in Settlement settlement) =>
        _pending.Writer.TryWrite(new PendingSettlement(message, settlement));

    /// <summary>Settles one message in a call of its own, so that the answer is about it alone.</summary>
    /// <returns>Whether the message was still this consumer's.</returns>
    public async Task<bool> SettleOneAsync(InFlightMessage message, Settlement settlement)
    {
        var owned = await _sender.SendUntilAcceptedAsync(new[] { settlement }).ConfigureAwait(false);
        _inFlight.Remove(message);
        NotifyOf([message], [settlement], owned);
        return owned == 1;
    }

    /// <summary>Settles some in one step. One call at a time.</summary>
    public Task SettleManyAsync(IReadOnlyList<InFlightMessage> messages, Settlement[] settlements) =>
        _together = SettleTogetherAsync(messages, settlements);

    /// <summary>Settles what is pending, but gives up on an unreachable Redis: the leases end by themselves.</summary>
    /// <param name="rest">What is released last, all in one call: only then it comes back in its old order.</param>
    /// <param name="patience">For how long to try.</param>
    public async ValueTask CloseAsync(IReadOnlyCollection<Settlement> rest, TimeSpan patience)
    {
        _pending.Writer.TryComplete();
        _giveUp.CancelAfter(patience);
        await Task.WhenAll(_flushing, _together).ConfigureAwait(false);
        if (rest.Count > 0)
        {
            await _sender.SendUntilAcceptedAsync(rest.ToArray()).ConfigureAwait(false);
        }
    }

    /// <summary>The source itself is not disposed: settlements under way may look at its token.</summary>
    public void Dispose() => _giveUp.CancelAfter(Timeout.InfiniteTimeSpan);

    private async Task SettleTogetherAsync(IReadOnlyList<InFlightMessage> messages, Settlement[] settlements)
    {
        await _sender.SendUntilAcceptedAsync(settlements).ConfigureAwait(false);
        foreach (var message in messages)
        {
            _inFlight.Remove(message);
        }
    }

    private async Task FlushAsync()
    {
        // The arrays grow with the load: most of hundreds of consumers may be idle for ever.
        var messages = new InFlightMessage[4];
        var settlements = new Settlement[4];
        while (await WaitAsync().ConfigureAwait(false))
        {
            var count = 0;
            var onlyAcks = true;
            var bytes = 0L;
            while (count < (onlyAcks ? MaxAcks : MaxMixed) && bytes < MaxMixedBytes && _pending.Reader.TryRead(out var next))
            {
                if (count == settlements.Length)
                {
                    Array.Resize(ref messages, 4 * count);
                    Array.Resize(ref settlements, 4 * count);
                }

                (messages[count], settlements[count]) = (next.Held, next.Settlement);
                onlyAcks &= next.Settlement is { Kind: SettlementKind.Ack, HandledId: null };
                bytes += next.Settlement.Kind == SettlementKind.Ack ? 0 : next.Settlement.Delivery.Frame.Length;
                count++;
            }

            await SettleAsync(messages, settlements, count).ConfigureAwait(false);
            Array.Clear(messages, 0, count);
            Array.Clear(settlements, 0, count);
        }

        while (!_refused.IsEmpty)
        {
            await SettleRefusedAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Waits for settlements, and meanwhile sends again what was refused.</summary>
    /// <returns>False when no more come.</returns>
    private async ValueTask<bool> WaitAsync()
    {
        var next = _pending.Reader.WaitToReadAsync(CancellationToken.None);
        if (_refused.IsEmpty)
        {
            return await next.ConfigureAwait(false);
        }

        var arrived = next.AsTask();
        if (_refused.Due.IsCompleted)
        {
            await SettleRefusedAsync().ConfigureAwait(false);
        }

        while (!arrived.IsCompleted && !_refused.IsEmpty)
        {
            await Task.WhenAny(arrived, _refused.Due).ConfigureAwait(false);
            if (!arrived.IsCompleted)
            {
                await SettleRefusedAsync().ConfigureAwait(false);
            }
        }

        return await arrived.ConfigureAwait(false);
    }

    private async Task SettleRefusedAsync()
    {
        // Once it is given up there is one last try.
        await _refused.Due.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var all = _refused.TakeAll();
        var isLast = _giveUp.IsCancellationRequested;
        foreach (var some in all.Chunk(MaxMixed))
        {
            var messages = Array.ConvertAll(some, pending => pending.Held);
            var settlements = Array.ConvertAll(some, pending => pending.Settlement);
            await SettleAsync(messages, settlements, some.Length, isLast).ConfigureAwait(false);
        }

        if (_refused.IsEmpty && _refused.Reset() && !isLast)
        {
            Log.SettlementsCarriedOut(_bus.Logger, _identity.Topic, _identity.Group);
        }
    }

    private async Task SettleAsync(InFlightMessage[] messages, Settlement[] settlements, int count, bool isLast = false)
    {
        var answer = await _sender.SendUntilKnownAsync(settlements.AsMemory(0, count)).ConfigureAwait(false);
        var owned = answer.Owned;
        if (answer.Error is { } error && isLast)
        {
            Log.SettleGivenUp(_bus.Logger, _identity.Topic, _identity.Group, answer.Refused.Length, error);
            owned = 0;
        }
        else if (answer.Error is not null)
        {
            count = _refused.TakeOut(answer.Refused, messages, settlements, count);
            if (_refused.Wait(_giveUp.Token))
            {
                Log.SettlementsRefused(_bus.Logger, _identity.Topic, _identity.Group, answer.Refused.Length, answer.Error);
            }
        }

        _inFlight.RemoveAll(messages.AsSpan(0, count));
        NotifyOf(messages.AsSpan(0, count), settlements.AsSpan(0, count), owned);
    }

    /// <summary>
    /// Which messages of a batch were lost meanwhile is not known: an observer may be called for one that another consumer has by now.
    /// </summary>
    private void NotifyOf(ReadOnlySpan<InFlightMessage> messages, ReadOnlySpan<Settlement> settlements, int owned)
    {
        if (DeadLetters is null || owned == 0)
        {
            return;
        }

        for (var i = 0; i < settlements.Length; i++)
        {
            if (settlements[i].Kind == SettlementKind.DeadLetter)
            {
                DeadLetters.Add(messages[i], settlements[i]);
            }
        }
    }
}
