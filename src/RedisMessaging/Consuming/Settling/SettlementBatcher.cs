using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Settling;

/// <summary>
/// Gathers verdicts while a batch of them is on its way to Redis: one round trip settles what was handled during the last one. No timer, so a
/// single message is settled at once. A batch whose outcome is not known is sent again until Redis answers: settling twice does no harm.
/// What Redis refuses is sent again, too, and keeps nothing else waiting.
/// </summary>
internal sealed class SettlementBatcher(IReceiver receiver, InFlightMessages held, ConsumerIdentity identity, TimeProvider time, ILogger logger, Instruments instruments) : IDisposable
{
    /// <summary>Acks are one plain command, and larger when they come fast; other verdicts may be scripts, during which the server does nothing else.</summary>
    private const int MostAcks = 1_000;
    private const int MostMixed = 100;

    /// <summary>What such a script moves goes through it as a whole.</summary>
    private const long MostMixedBytes = 8 << 20;

    /// <summary>For how long a Redis that stays away is tried when the consumer closes.</summary>
    public static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(5);

    private readonly Channel<PendingSettlement> _pending = Channel.CreateUnbounded<PendingSettlement>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _giveUp = new();
    private readonly RefusedSettlements _refused = new(time);
    private Task _flushing = Task.CompletedTask;
    private Task _together = Task.CompletedTask;

    /// <summary>Called for each message whose dead letter is written.</summary>
    public DeadLetterNotifier? DeadLetters { get; set; }

    public void Start() => _flushing = BackgroundLoop.StartLasting(nameof(SettlementBatcher), logger, FlushAsync, () => _pending.Reader.Completion.IsCompleted);

    public void Add(InFlightMessage delivery, in Settlement settlement) => _pending.Writer.TryWrite(new PendingSettlement(delivery, settlement));

    /// <summary>Settles one message by itself, so that the answer is about it alone.</summary>
    public async Task<bool> SettleOneAsync(InFlightMessage delivery, Settlement settlement)
    {
        var owned = await SettleAsync(new[] { settlement }).ConfigureAwait(false);
        held.Remove(delivery);
        NotifyOf([delivery], [settlement], owned);
        return owned == 1;
    }

    /// <summary>Settles some in one step. One call at a time.</summary>
    public Task SettleManyAsync(IReadOnlyList<InFlightMessage> deliveries, Settlement[] settlements) => _together = SettleTogetherAsync(deliveries, settlements);

    /// <summary>Settles what is pending, but gives up on a Redis that stays away: the leases will end by themselves.</summary>
    /// <param name="left">What is given back then, all at once: only so does it come back in its old order.</param>
    /// <param name="goodbye">For how long to try.</param>
    public async ValueTask CloseAsync(IReadOnlyCollection<Settlement> left, TimeSpan goodbye)
    {
        _pending.Writer.TryComplete();
        _giveUp.CancelAfter(goodbye);
        await Task.WhenAll(_flushing, _together).ConfigureAwait(false);
        if (left.Count > 0)
        {
            await SettleAsync(left.ToArray()).ConfigureAwait(false);
        }
    }

    /// <summary>The source itself is not disposed: what is still being settled may look at its token.</summary>
    public void Dispose() => _giveUp.CancelAfter(Timeout.InfiniteTimeSpan);

    private async Task SettleTogetherAsync(IReadOnlyList<InFlightMessage> deliveries, Settlement[] settlements)
    {
        await SettleAsync(settlements).ConfigureAwait(false);
        foreach (var delivery in deliveries)
        {
            held.Remove(delivery);
        }
    }

    private async Task FlushAsync()
    {
        // They grow with what comes: most of hundreds of consumers may be idle for ever.
        var deliveries = new InFlightMessage[4];
        var settlements = new Settlement[4];
        while (await WaitAsync().ConfigureAwait(false))
        {
            var count = 0;
            var onlyAcks = true;
            var bytes = 0L;
            while (count < (onlyAcks ? MostAcks : MostMixed) && bytes < MostMixedBytes && _pending.Reader.TryRead(out var next))
            {
                if (count == settlements.Length)
                {
                    Array.Resize(ref deliveries, 4 * count);
                    Array.Resize(ref settlements, 4 * count);
                }

                (deliveries[count], settlements[count]) = (next.Held, next.Settlement);
                onlyAcks &= next.Settlement is { Kind: SettlementKind.Ack, HandledId: null };
                bytes += next.Settlement.Kind == SettlementKind.Ack ? 0 : next.Settlement.Delivery.Frame.Length;
                count++;
            }

            await SettleAsync(deliveries, settlements, count).ConfigureAwait(false);
            Array.Clear(deliveries, 0, count);
            Array.Clear(settlements, 0, count);
        }

        while (!_refused.IsEmpty)
        {
            await SettleRefusedAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Waits for verdicts, and meanwhile settles again what was refused.</summary>
    /// <returns>False when no more come.</returns>
    private async ValueTask<bool> WaitAsync()
    {
        var arriving = _pending.Reader.WaitToReadAsync(CancellationToken.None);
        if (_refused.IsEmpty)
        {
            return await arriving.ConfigureAwait(false);
        }

        var arrived = arriving.AsTask();
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
        // When it is given up there is one last try.
        await _refused.Due.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var all = _refused.TakeAll();
        var isLast = _giveUp.IsCancellationRequested;
        foreach (var some in all.Chunk(MostMixed))
        {
            await SettleAsync(Array.ConvertAll(some, pending => pending.Held), Array.ConvertAll(some, pending => pending.Settlement), some.Length, isLast).ConfigureAwait(false);
        }

        if (_refused.IsEmpty && _refused.Reset() && !isLast)
        {
            Log.SettlementsCarriedOut(logger, identity.Topic, identity.Group);
        }
    }

    private async Task SettleAsync(InFlightMessage[] deliveries, Settlement[] settlements, int count, bool isLast = false)
    {
        var refused = await SettleKnownAsync(settlements.AsMemory(0, count)).ConfigureAwait(false);
        var owned = refused.Owned;
        if (refused.Error is { } error && isLast)
        {
            Log.SettleGivenUp(logger, identity.Topic, identity.Group, refused.Refused.Length, error);
            owned = 0;
        }
        else if (refused.Error is not null)
        {
            count = _refused.TakeOut(refused.Refused, deliveries, settlements, count);
            if (_refused.Wait(_giveUp.Token))
            {
                Log.SettlementsRefused(logger, identity.Topic, identity.Group, refused.Refused.Length, refused.Error);
            }
        }

        held.RemoveAll(deliveries.AsSpan(0, count));
        NotifyOf(deliveries.AsSpan(0, count), settlements.AsSpan(0, count), owned);
    }

    /// <summary>Of many it is not known which were lost meanwhile: an observer may be called for a message that another consumer has by now.</summary>
    private void NotifyOf(ReadOnlySpan<InFlightMessage> deliveries, ReadOnlySpan<Settlement> settlements, int owned)
    {
        if (DeadLetters is null || owned == 0)
        {
            return;
        }

        for (var i = 0; i < settlements.Length; i++)
        {
            if (settlements[i].Kind == SettlementKind.DeadLetter)
            {
                DeadLetters.Add(deliveries[i], settlements[i]);
            }
        }
    }

    /// <summary>Settles until nothing of it is refused: for callers that wait for the answer.</summary>
    private async Task<int> SettleAsync(ReadOnlyMemory<Settlement> batch)
    {
        var owned = 0;
        var backoff = new Backoff(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        while (true)
        {
            var answer = await SettleKnownAsync(batch).ConfigureAwait(false);
            owned += answer.Owned;
            if (answer.Error is null)
            {
                return owned;
            }

            batch = answer.Refused;
            if (_giveUp.IsCancellationRequested)
            {
                Log.SettleGivenUp(logger, identity.Topic, identity.Group, batch.Length, answer.Error);
                return owned;
            }

            if (backoff.IsReset)
            {
                Log.SettlementsRefused(logger, identity.Topic, identity.Group, batch.Length, answer.Error);
            }

            await backoff.WaitAsync(_giveUp.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Settles until what became of all of them is known.</summary>
    private async Task<(int Owned, Settlement[] Refused, Exception? Error)> SettleKnownAsync(ReadOnlyMemory<Settlement> batch)
    {
        var backoff = new Backoff(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        while (true)
        {
            try
            {
                var owned = await receiver.SettleAsync(batch, _giveUp.Token).ConfigureAwait(false);
                // After an unknown outcome the first try may have settled some: they are not ours any more, but not lost either.
                if (owned < batch.Length && backoff.IsReset)
                {
                    instruments.LeasesLost.Add(batch.Length - owned, Instruments.Consumer(identity.Topic, identity.Group));
                    Log.LeaseLost(logger, identity.Topic, identity.Group, batch.Length - owned);
                }

                return (backoff.IsReset ? owned : batch.Length, [], null);
            }
            catch (SettleRefusedException some)
            {
                return (some.Owned, some.Refused, some.InnerException);
            }
            catch (Exception error)
            {
                if (_giveUp.IsCancellationRequested)
                {
                    Log.SettleGivenUp(logger, identity.Topic, identity.Group, batch.Length, error);
                    return (0, [], null);
                }

                Log.SettleFailed(logger, identity.Topic, identity.Group, batch.Length, error);
                try
                {
                    await backoff.WaitAsync(_giveUp.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    // Stopping: one last try.
                }
            }
        }
    }
}
