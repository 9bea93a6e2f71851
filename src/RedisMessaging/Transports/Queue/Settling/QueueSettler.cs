using System.Runtime.InteropServices;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Queue.Claims;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue.Settling;

/// <summary>Carries out verdicts on claimed messages. The claim itself is the proof of ownership: a reaper takes it away.</summary>
internal sealed class QueueSettler(TransportContext context, QueueKeys keys, ReceiverOptions subscription, ClaimedBatches lots, TimeSpan lease, QueueWaker bell)
{
    private readonly RedisKey _claims = keys.Claims(subscription.Consumer);

    /// <summary>Each with the period it was last known to be claimed in: a new one begins when the consumer was not heard of for a lease, and others may have taken everything.</summary>
    private readonly Dictionary<long, int> _held = [];

    /// <summary>Held, but forgotten by Redis: somebody deleted the claims.</summary>
    private readonly HashSet<long> _orphans = [];
    private long? _renewedAt;
    private int _period;

    public void Hold(long claim)
    {
        lock (_held)
        {
            _held[claim] = _period;
        }
    }

    public bool Holds(long claim)
    {
        lock (_held)
        {
            return _held.ContainsKey(claim);
        }
    }

    /// <summary>The consumer showed itself. Within a lease of the last time only somebody who deletes keys can have taken its registration, and its claims with it.</summary>
    /// <param name="sentAt">A timestamp from before it did.</param>
    /// <param name="anew">It was not registered any more.</param>
    public void NoteRenewal(long sentAt, bool anew)
    {
        var forgotten = 0;
        lock (_held)
        {
            if (anew && _renewedAt is { } renewedAt && context.Time.GetElapsedTime(renewedAt, sentAt) < lease)
            {
                forgotten = _held.Keys.Count(_orphans.Add);
            }

            // Until now, since it is not known when it was carried out.
            if (_renewedAt is { } last && context.Time.GetElapsedTime(last) >= lease)
            {
                _period++;
            }

            _renewedAt = Math.Max(_renewedAt ?? sentAt, sentAt);
        }

        if (forgotten > 0)
        {
            context.Instruments.GroupLost.Add(forgotten, Instruments.Consumer(context.Topic, subscription.Group));
            Log.QueueClaimsLost(context.Logger, context.Topic, subscription.Group, forgotten);
        }
    }

    /// <summary>Renews the consumer's lease, whatever it holds.</summary>
    public Task ShowLifeAsync() => ExtendAsync(ExtendCallOfClaims([]));

    public async ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch)
    {
        await ClaimOrphansAnewAsync(batch).ConfigureAwait(false);
        var refusals = new SettleRefusals();
        var owned = await SettleAllAsync(batch, refusals).ConfigureAwait(false);
        if (owned < batch.Length && refusals.IsEmpty)
        {
            // Not known yet when the keys were deleted a moment ago: an empty renewal tells.
            await ShowLifeAsync().ConfigureAwait(false);
            owned = Math.Min(batch.Length, owned + CountOrphans(batch.Span));
            if (await ClaimOrphansAnewAsync(batch).ConfigureAwait(false) is { Length: > 0 } missed)
            {
                await SettleAllAsync(missed, refusals).ConfigureAwait(false);
            }
        }

        try
        {
            refusals.ThrowIfAny(owned);
        }
        catch (SettleRefusedException some)
        {
            var receipts = some.Refused.Select(settlement => (long)settlement.Delivery.Receipt).ToHashSet();
            Forget(Array.FindAll(batch.ToArray(), settlement => !receipts.Contains((long)settlement.Delivery.Receipt)));
            throw;
        }

        Forget(batch.Span);
        ForgetIfLost(batch.Span, owned);
        return owned;
    }

    /// <summary>Renews the consumer's lease on the calling thread.</summary>
    /// <returns>How many claims are still its own.</returns>
    public int Renew(ILeaseConnection connection, ReadOnlyMemory<Settlement> batch)
    {
        var owned = Extend(connection, ExtendCall(batch.Span));
        if (owned == batch.Length)
        {
            NoteClaimed(batch.Span);
        }
        else
        {
            // As when settling: a second renewal tells whether the keys were deleted a moment ago.
            owned = Math.Max(owned, Extend(connection, ExtendCallOfClaims(batch.Span)));
            owned = Math.Min(batch.Length, owned + CountOrphans(batch.Span));
            ForgetIfLost(batch.Span, owned);
        }

        return owned;
    }

    /// <summary>Whether no other consumer can have a claim: it was seen less than a lease ago, and has not been out of sight since. No other consumer can get what Redis forgot.</summary>
    public bool IsFresh(long claim)
    {
        lock (_held)
        {
            return (_held.TryGetValue(claim, out var period) && period == _period && _renewedAt is { } renewedAt && context.Time.GetElapsedTime(renewedAt) < lease)
                || _orphans.Contains(claim);
        }
    }

    private void NoteClaimed(ReadOnlySpan<Settlement> batch)
    {
        lock (_held)
        {
            foreach (ref readonly var settlement in batch)
            {
                var claim = (long)settlement.Delivery.Receipt;
                if (_held.ContainsKey(claim))
                {
                    _held[claim] = _period;
                }
            }
        }
    }

    private async ValueTask<int> SettleAllAsync(ReadOnlyMemory<Settlement> batch, SettleRefusals refusals)
    {
        if (IsUniform(batch.Span))
        {
            return await SettleAlikeAsync(batch, refusals).ConfigureAwait(false);
        }

        // All on their way at once: one round trip.
        var groups = batch.ToArray().GroupBy(settlement => (settlement.Kind, settlement.IsDelayed)).Select(group => SettleAlikeAsync(group.ToArray(), refusals)).ToArray();
        var owned = await Task.WhenAll(groups).ConfigureAwait(false);
        return owned.Sum();
    }

    /// <summary>What is to be moved has to be there: this process has the last copy.</summary>
    private async ValueTask<Settlement[]> ClaimOrphansAnewAsync(ReadOnlyMemory<Settlement> batch)
    {
        Settlement[] orphans;
        lock (_held)
        {
            if (_orphans.Count == 0)
            {
                return [];
            }

            orphans = Array.FindAll(
                batch.ToArray(),
                settlement => settlement.Kind is SettlementKind.Retry or SettlementKind.Release or SettlementKind.DeadLetter && _orphans.Contains((long)settlement.Delivery.Receipt));
        }

        if (orphans.Length == 0)
        {
            return [];
        }

        var claims = Array.ConvertAll(orphans, settlement => new HashEntry(settlement.Delivery.Receipt, WithMark(settlement.Delivery)));
        await context.Connections.Database.HashSetAsync(_claims, claims).ConfigureAwait(false);
        lock (_held)
        {
            // Sent a second time they would be doubled.
            _orphans.ExceptWith(orphans.Select(settlement => (long)settlement.Delivery.Receipt));
        }

        return orphans;
    }

    private int CountOrphans(ReadOnlySpan<Settlement> batch)
    {
        var count = 0;
        lock (_held)
        {
            foreach (ref readonly var settlement in batch)
            {
                count += _orphans.Contains((long)settlement.Delivery.Receipt) ? 1 : 0;
            }
        }

        return count;
    }

    private static bool IsUniform(ReadOnlySpan<Settlement> batch)
    {
        foreach (var settlement in batch)
        {
            if (settlement.Kind != batch[0].Kind || settlement.IsDelayed != batch[0].IsDelayed)
            {
                return false;
            }
        }

        return true;
    }

    private async Task<int> SettleAlikeAsync(ReadOnlyMemory<Settlement> batch, SettleRefusals refusals)
    {
        try
        {
            if (batch.Span[0].Kind is not (SettlementKind.Ack or SettlementKind.Extend) && lots.Divide(batch.Span, out _) is { } parts)
            {
                await lots.UnpackAsync(parts).ConfigureAwait(false);
            }

            return await CarryOutAsync(batch, refusals).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            refusals.Add(batch.Span, error);
            return 0;
        }
    }

    private Task<int> CarryOutAsync(ReadOnlyMemory<Settlement> batch, SettleRefusals refusals) => batch.Span[0].Kind switch
    {
        SettlementKind.Ack => AckAsync(batch.Span),
        SettlementKind.Release => ReturnAsync("RPUSH", NewestFirst(batch), refusals),
        SettlementKind.Retry when batch.Span[0].IsDelayed => HoldBackAsync(batch, refusals),
        SettlementKind.Retry => ReturnAsync("LPUSH", batch, refusals),
        SettlementKind.Start => StartAsync(batch.Span),
        SettlementKind.Extend => ExtendAsync(batch),
        SettlementKind.DeadLetter => DeadLetterAsync(batch, refusals),
        var verdict => throw new InvalidOperationException($"There is no verdict {verdict}."),
    };

    private Task<int> AckAsync(ReadOnlySpan<Settlement> batch)
    {
        if (lots.Divide(batch, out var others) is not { } parts)
        {
            return AckClaimsAsync(batch);
        }

        var acked = lots.AckAsync(parts, subscription.InboxWindow);
        return others is null ? acked : SumAsync(acked, AckClaimsAsync(CollectionsMarshal.AsSpan(others)));
    }

    private Task<int> AckClaimsAsync(ReadOnlySpan<Settlement> batch)
    {
        if (subscription.InboxWindow is { } window)
        {
            return RememberAsync(window, batch);
        }

        if (batch.Length == 1)
        {
            return CountOneAsync(context.Connections.Database.HashDeleteAsync(_claims, batch[0].Delivery.Receipt));
        }

        return CountAsync(context.Connections.Database.HashDeleteAsync(_claims, Receipts(batch)));
    }

    private Task<int> RememberAsync(TimeSpan window, ReadOnlySpan<Settlement> batch)
    {
        var acks = new VariadicArguments(room: 1, count: 2 * batch.Length);
        for (var i = 0; i < batch.Length; i++)
        {
            acks.Values[2 * i] = batch[i].Delivery.Receipt;
            acks.Values[(2 * i) + 1] = batch[i].HandledId ?? "";
        }

        return RunAsync(QueueCalls.Ack(_claims, keys.Inbox(subscription.Group), (long)window.TotalMilliseconds, acks));
    }

    private async Task<int> ReturnAsync(RedisValue side, ReadOnlyMemory<Settlement> batch, SettleRefusals refusals)
    {
        var messages = new VariadicArguments(room: 1, count: 2 * batch.Length);
        AddPrefixes(batch.Span, messages.Values);
        var call = QueueCalls.Return(keys.Waiting, _claims, keys.SharedAttempts, side, messages);
        var reply = await call.RunAsync(context.Connections.Database).ConfigureAwait(false);
        bell.Ring();
        AddRefusals(batch.Span, reply, first: 1, refusals);
        return (int)reply[0];
    }

    private async Task<int> HoldBackAsync(ReadOnlyMemory<Settlement> settlements, SettleRefusals refusals)
    {
        var call = QueueCalls.RetryLater(
            _claims, keys.Retries, keys.RetryMessages, keys.Schedule.Signal, subscription.Consumer, ArgumentsOfDelayed(settlements.Span));
        var reply = await call.RunAsync(context.Connections.Database).ConfigureAwait(false);
        AddRefusals(settlements.Span, reply, first: 1, refusals);
        return (int)reply[0];
    }

    private VariadicArguments ArgumentsOfDelayed(ReadOnlySpan<Settlement> batch)
    {
        var arguments = new VariadicArguments(room: 1, count: 3 * batch.Length);
        for (var i = 0; i < batch.Length; i++)
        {
            arguments.Values[3 * i] = batch[i].Delivery.Receipt;
            arguments.Values[(3 * i) + 1] = Text(AttemptPrefix.For(batch[i]));
            arguments.Values[(3 * i) + 2] = batch[i].DelayMs;
        }

        return arguments;
    }

    private Task<int> StartAsync(ReadOnlySpan<Settlement> batch)
    {
        var arguments = new RedisValue[2 * batch.Length];
        for (var i = 0; i < batch.Length; i++)
        {
            arguments[2 * i] = batch[i].Delivery.Receipt;
            arguments[(2 * i) + 1] = Text(new AttemptPrefix(batch[i].Starts, Redelivered: true, IsSuspect: true));
        }

        return RunAsync(QueueCalls.Start(_claims, arguments));
    }

    private async Task<int> ExtendAsync(ReadOnlyMemory<Settlement> batch)
    {
        var owned = await ExtendAsync(ExtendCall(batch.Span)).ConfigureAwait(false);
        if (owned == batch.Length)
        {
            NoteClaimed(batch.Span);
            return owned;
        }

        return Math.Max(owned, await ExtendAsync(ExtendCallOfClaims(batch.Span)).ConfigureAwait(false));
    }

    /// <summary>A message that was in a batch when the renewal was asked for may have become a claim since, before this process knew.</summary>
    private ScriptCall ExtendCallOfClaims(ReadOnlySpan<Settlement> batch) =>
        QueueCalls.Extend(_claims, keys.Consumers, lists: [], subscription.Consumer, Receipts(batch));

    private ScriptCall ExtendCall(ReadOnlySpan<Settlement> batch)
    {
        if (lots.Divide(batch, out var others) is not { } parts)
        {
            return ExtendCallOfClaims(batch);
        }

        RedisKey[] lists = [.. parts.Select(part => part.Lot.List)];
        RedisValue[] claimed = [.. parts.Select(part => (RedisValue)part.Numbers.Count), .. Receipts(CollectionsMarshal.AsSpan(others))];
        return QueueCalls.Extend(_claims, keys.Consumers, lists, subscription.Consumer, claimed);
    }

    private async Task<int> ExtendAsync(ScriptCall call)
    {
        var sentAt = context.Time.GetTimestamp();
        return NoteExtended(sentAt, await call.RunAsync(context.Connections.Database).ConfigureAwait(false));
    }

    private int Extend(ILeaseConnection connection, ScriptCall call)
    {
        var sentAt = context.Time.GetTimestamp();
        return NoteExtended(sentAt, connection.Evaluate(call.Script, call.Keys, call.Arguments));
    }

    private int NoteExtended(long sentAt, RedisResult reply)
    {
        NoteRenewal(sentAt, anew: (bool)reply[1]);
        return (int)reply[0];
    }

    private async Task<int> DeadLetterAsync(ReadOnlyMemory<Settlement> settlements, SettleRefusals refusals)
    {
        var call = QueueCalls.DeadLetter(
            _claims,
            keys.DeadLetters,
            limit: context.Options.DeadLetterLimit,
            maxAge: DeadLetterTrim.MaxAgeOf(context.Options),
            topic: context.Topic,
            group: subscription.Group,
            messages: ArgumentsOfDead(settlements.Span));
        var reply = await call.RunAsync(context.Connections.Database).ConfigureAwait(false);
        DeadLetterTrim.Note(context, (long)reply[1], Instruments.Topic(context.Topic));
        AddRefusals(settlements.Span, reply, first: 2, refusals);
        return (int)reply[0];
    }

    private static VariadicArguments ArgumentsOfDead(ReadOnlySpan<Settlement> batch)
    {
        var arguments = new VariadicArguments(room: 4, count: 4 * batch.Length);
        for (var i = 0; i < batch.Length; i++)
        {
            arguments.Values[4 * i] = batch[i].Delivery.Receipt;
            arguments.Values[(4 * i) + 1] = batch[i].Starts;
            arguments.Values[(4 * i) + 2] = batch[i].Reason ?? "";
            arguments.Values[(4 * i) + 3] = batch[i].Detail ?? "";
        }

        return arguments;
    }

    /// <param name="first">Where in the reply the first claim number stands that is refused, with why behind it.</param>
    private static void AddRefusals(ReadOnlySpan<Settlement> batch, RedisResult reply, int first, SettleRefusals refusals)
    {
        for (var i = first; i < reply.Length; i += 2)
        {
            var number = (long)reply[i];
            var at = 0;
            while ((long)batch[at].Delivery.Receipt != number)
            {
                at++;
            }

            refusals.Add(batch.Slice(at, 1), new RedisServerException((string)reply[i + 1]!));
        }
    }

    private RedisValue Text(AttemptPrefix mark) => keys.IsShared ? mark.ExplicitText : mark.Text;

    /// <summary>A message as it stands in the claims.</summary>
    private RedisValue WithMark(in Delivery delivery)
    {
        if (!keys.IsShared)
        {
            return delivery.Frame;
        }

        byte[] mark = default(AttemptPrefix).ExplicitText!;
        return (RedisValue)(byte[])[.. mark, .. delivery.Frame.Span];
    }

    private void AddPrefixes(ReadOnlySpan<Settlement> batch, Span<RedisValue> arguments)
    {
        for (var i = 0; i < batch.Length; i++)
        {
            arguments[2 * i] = batch[i].Delivery.Receipt;
            arguments[(2 * i) + 1] = Text(AttemptPrefix.For(batch[i]));
        }
    }

    /// <summary>The front of the queue is its right end: what is pushed last comes out first.</summary>
    private static Settlement[] NewestFirst(ReadOnlyMemory<Settlement> batch)
    {
        var sorted = batch.ToArray();
        Array.Sort(sorted, static (a, b) => ((long)b.Delivery.Receipt).CompareTo((long)a.Delivery.Receipt));
        return sorted;
    }

    private void Forget(ReadOnlySpan<Settlement> batch)
    {
        lock (_held)
        {
            foreach (var settlement in batch)
            {
                if (settlement.Kind is not (SettlementKind.Extend or SettlementKind.Start))
                {
                    ForgetNow((long)settlement.Delivery.Receipt);
                }
            }
        }
    }

    /// <summary>
    /// A single message that was asked for and is not ours is dropped. Remembered as held, it would stay in the claims for good if it is
    /// there all the same.
    /// </summary>
    private void ForgetIfLost(ReadOnlySpan<Settlement> batch, int owned)
    {
        if (owned == 0 && batch.Length == 1)
        {
            lock (_held)
            {
                ForgetNow((long)batch[0].Delivery.Receipt);
            }
        }
    }

    private void ForgetNow(long claim)
    {
        if (_held.Remove(claim))
        {
            lots.Forget(claim);
        }

        _orphans.Remove(claim);
    }

    private async Task<int> RunAsync(ScriptCall call) => (int)await call.RunAsync(context.Connections.Database).ConfigureAwait(false);

    private static RedisValue[] Receipts(ReadOnlySpan<Settlement> batch)
    {
        var receipts = new RedisValue[batch.Length];
        for (var i = 0; i < receipts.Length; i++)
        {
            receipts[i] = batch[i].Delivery.Receipt;
        }

        return receipts;
    }

    private static async Task<int> SumAsync(Task<int> one, Task<int> other) => await one.ConfigureAwait(false) + await other.ConfigureAwait(false);

    private static async Task<int> CountAsync(Task<long> removed) => (int)await removed.ConfigureAwait(false);

    private static async Task<int> CountOneAsync(Task<bool> removed) => await removed.ConfigureAwait(false) ? 1 : 0;
}
