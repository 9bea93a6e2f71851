using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Redis.StreamReading;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Groups;
using RedisMessaging.Transports.Streams.Recovery;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Settling;

/// <summary>
/// Carries out a batch of verdicts: one XACK for all entries that nobody can have taken over yet, a script that looks at the owner for all others.
/// Repeating a batch does no harm: what is settled is not this consumer's any more.
/// </summary>
internal sealed class StreamSettler(StreamConsumer consumer, OwnedEntries held, BroadcastNameLease? name)
{
    /// <summary>A script's work is bounded, since the server does nothing else meanwhile.</summary>
    private const int ScriptBatch = 100;

    private readonly RedisKey[] _keys = StreamCalls.SettleKeys(
        consumer.Stream,
        consumer.Retry,
        consumer.Starts,
        consumer.DeadLetters,
        consumer.Inbox,
        consumer.Retries,
        consumer.RetryMessages,
        consumer.Signal,
        consumer.Seen);

    private long _lost;

    public async ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch)
    {
        try
        {
            return batch.IsEmpty ? 0 : await SendAsync(batch).ConfigureAwait(false);
        }
        catch
        {
            held.Doubt(batch.Span);
            throw;
        }
    }

    private async ValueTask<int> SendAsync(ReadOnlyMemory<Settlement> batch)
    {
        var database = consumer.Context.Connections.Database;
        var sentAt = consumer.Context.Time.GetTimestamp();
        if (NeedsNoGuard(batch.Span))
        {
            return await AckAsync(database, batch, sentAt).ConfigureAwait(false);
        }

        // All is sent before anything is awaited, and everything is awaited even when something failed.
        var (plain, guarded) = Divide(batch.Span);
        var acked = plain.Length > 0 ? AckAsync(database, plain, sentAt) : Task.FromResult(0);
        var scripts = new Task<RedisResult>[(guarded.Length + ScriptBatch - 1) / ScriptBatch];
        for (var i = 0; i < scripts.Length; i++)
        {
            scripts[i] = CallOf(Chunk(guarded, i)).RunAsync(database);
        }

        var refusals = new SettleRefusals();
        var count = 0;
        try
        {
            count += await acked.ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            refusals.Add(plain, error);
        }

        for (var i = 0; i < scripts.Length; i++)
        {
            try
            {
                var results = await scripts[i].ConfigureAwait(false);
                count += Apply(Chunk(guarded, i), (RedisResult[])results!, sentAt, refusals);
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                refusals.Add(Chunk(guarded, i), error);
            }
        }

        refusals.ThrowIfAny(count);
        return count;
    }

    /// <summary>Renews leases on the calling thread.</summary>
    /// <returns>How many are still ours.</returns>
    public int Renew(ILeaseConnection connection, ReadOnlyMemory<Settlement> batch)
    {
        var owned = 0;
        var refusals = new SettleRefusals();
        for (var i = 0; i * ScriptBatch < batch.Length; i++)
        {
            var sentAt = consumer.Context.Time.GetTimestamp();
            var call = CallOf(Chunk(batch, i));
            owned += Apply(Chunk(batch, i), (RedisResult[])connection.Evaluate(call.Script, call.Keys, call.Arguments)!, sentAt, refusals);
        }

        refusals.ThrowFirst();
        return owned;
    }

    /// <summary>The group was lost: finds out what of all that is held is pending still.</summary>
    public async ValueTask ConfirmAsync()
    {
        var renewals = Array.ConvertAll(held.Snapshot(), entry => new Settlement(
            new Delivery
            {
                Frame = default,
                Receipt = entry.Value.Receipt,
                Source = (byte)entry.Key.Lane,
                Channel = consumer.Subscription.Address,
                Position = entry.Value.Receipt,
            },
            SettlementKind.Extend));
        await SettleAsync(renewals).ConfigureAwait(false);
    }

    /// <summary>Tells how many messages the group was lost with, once for all that are not told of yet.</summary>
    public void TellLost()
    {
        if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
        {
            consumer.Context.Instruments.GroupLost.Add(lost, consumer.Tags);
            Log.StreamEntriesOrphaned(consumer.Context.Logger, lost, consumer.Context.Topic, consumer.Group);
        }
    }

    private async Task<int> AckAsync(IDatabase database, ReadOnlyMemory<Settlement> plain, long sentAt)
    {
        var count = (int)await database.StreamAcknowledgeAsync(consumer.Stream, consumer.Group, ReceiptsOf(plain.Span)).ConfigureAwait(false);
        if (count < plain.Length)
        {
            // Nobody can have taken them over: this was sent twice, or the group was lost.
            count = Math.Min(plain.Length, count + await AckLostAsync(database, plain, sentAt).ConfigureAwait(false));
        }

        held.RemoveAll(plain.Span);
        return count;
    }

    private async Task<int> AckLostAsync(IDatabase database, ReadOnlyMemory<Settlement> plain, long sentAt)
    {
        var lost = 0;
        var refusals = new SettleRefusals();
        for (var i = 0; i * ScriptBatch < plain.Length; i++)
        {
            var results = await CallOf(Chunk(plain, i)).RunAsync(database).ConfigureAwait(false);
            lost += Apply(Chunk(plain, i), (RedisResult[])results!, sentAt, refusals);
        }

        refusals.ThrowFirst();
        return lost;
    }

    private (Settlement[] Plain, Settlement[] Guarded) Divide(ReadOnlySpan<Settlement> batch)
    {
        var plain = new List<Settlement>();
        var guarded = new List<Settlement>();
        var released = new List<Settlement>();
        for (var i = 0; i < batch.Length; i++)
        {
            var list = NeedsNoGuard(batch.Slice(i, 1)) ? plain : batch[i].Kind == SettlementKind.Release ? released : guarded;
            list.Add(batch[i]);
        }

        // In the order they were published in, whatever order the batch names them in.
        guarded.AddRange(released.OrderBy(settlement => StreamId.Parse(settlement.Delivery.Position ?? settlement.Delivery.Receipt!)));
        return ([.. plain], [.. guarded]);
    }

    /// <summary>Whether all are acked, and within their lease, so that nobody else can own them. Redelivered ones and those of the retry stream leave more behind than a pending entry.</summary>
    private bool NeedsNoGuard(ReadOnlySpan<Settlement> batch)
    {
        if (consumer.DeletesOnAck)
        {
            return false;
        }

        foreach (ref readonly var settlement in batch)
        {
            if (settlement is not { Kind: SettlementKind.Ack, HandledId: null, Delivery: { Source: (byte)StreamSource.Main, Redelivered: false } })
            {
                return false;
            }
        }

        return held.AreSafe(batch);
    }

    private bool IsOurs(in Settlement settlement) =>
        settlement.Delivery is { Source: (byte)StreamSource.Main, Redelivered: false } && held.AreSafe(new ReadOnlySpan<Settlement>(in settlement));

    private ScriptCall CallOf(ReadOnlySpan<Settlement> settlements) => StreamCalls.Settle(
        _keys,
        consumer.Group,
        consumer.Name,
        consumer.Context.Topic,
        limit: consumer.Context.Options.DeadLetterLimit,
        maxAge: DeadLetterTrim.MaxAgeOf(consumer.Context.Options),
        lostGroupWait: consumer.LostGroupWait,
        settlements: ArgumentsOf(settlements));

    private List<RedisValue> ArgumentsOf(ReadOnlySpan<Settlement> settlements)
    {
        var arguments = new List<RedisValue>(settlements.Length * 6);
        foreach (ref readonly var settlement in settlements)
        {
            var delivery = settlement.Delivery;
            var lane = StreamConsumer.LetterOf((StreamSource)delivery.Source);
            var orphan = held.Find(EntryRef.Of(delivery)) is { IsOrphan: true };
            var position = delivery.Position ?? "";
            switch (settlement.Kind)
            {
                case SettlementKind.Ack when settlement.HandledId is { } id:
                    Add(arguments, "handled", lane, delivery.Receipt, orphan, id, (long)consumer.Subscription.InboxWindow!.Value.TotalMilliseconds, IsOurs(settlement));
                    break;
                case SettlementKind.Ack:
                    Add(arguments, "ack", lane, delivery.Receipt, orphan);
                    break;
                case SettlementKind.Retry when settlement.IsDelayed:
                    Add(arguments, "later", lane, delivery.Receipt, orphan, delivery.Frame, StartsOf(settlement), position, settlement.DelayMs);
                    break;
                case SettlementKind.Release or SettlementKind.Retry:
                    Add(arguments, settlement.Kind == SettlementKind.Release ? "release" : "retry", lane, delivery.Receipt, orphan, delivery.Frame, StartsOf(settlement), position);
                    break;
                case SettlementKind.DeadLetter:
                    var starts = Math.Max(settlement.Starts, delivery.Starts);
                    Add(arguments, "dead", lane, delivery.Receipt, orphan, delivery.Frame, settlement.Reason ?? "", settlement.Detail ?? "", position, starts);
                    break;
                case SettlementKind.Extend:
                    Add(arguments, "extend", lane, delivery.Receipt, orphan);
                    break;
                case SettlementKind.Start:
                    Add(arguments, "start", lane, delivery.Receipt, orphan, settlement.Starts);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(settlements), settlement.Kind, "There is no such verdict.");
            }
        }

        return arguments;
    }

    /// <summary>As they travel in the retry stream: with a 0 in front when the last one was never settled, whichever consumer made it.</summary>
    private static RedisValue StartsOf(in Settlement settlement) =>
        settlement.Delivery.IsSuspect && settlement.IsUnstarted ? $"0{settlement.Starts}" : settlement.Starts;

    private int Apply(ReadOnlySpan<Settlement> settlements, RedisResult[] results, long sentAt, SettleRefusals refusals)
    {
        DeadLetterTrim.Note(consumer.Context, (long)results[0], consumer.Tags);
        var count = 0;
        var lost = 0;
        for (var i = 0; i < settlements.Length; i++)
        {
            ref readonly var settlement = ref settlements[i];
            if (results[i + 1].Resp2Type == ResultType.BulkString)
            {
                refusals.Add(settlements.Slice(i, 1), new RedisServerException((string)results[i + 1]!));
                continue;
            }

            var done = (SettleResult)(int)results[i + 1];
            var isOurs = settlement.Kind == SettlementKind.Extend ? Extended(settlement.Delivery, done, sentAt, ref lost) : done != SettleResult.NotOurs;
            lost += settlement.Kind != SettlementKind.Extend && done == SettleResult.PendingForNobody ? 1 : 0;
            count += isOurs ? 1 : 0;
            if (settlement.Kind is not (SettlementKind.Extend or SettlementKind.Start) || !isOurs)
            {
                held.Remove(EntryRef.Of(settlement.Delivery));
            }
        }

        Interlocked.Add(ref _lost, lost);
        return count;
    }

    private bool Extended(in Delivery delivery, SettleResult result, long sentAt, ref int lost)
    {
        var reference = EntryRef.Of(delivery);
        var entry = held.Find(reference);
        switch (result)
        {
            case SettleResult.Done:
                if (entry is { IsOrphan: false })
                {
                    held.Renew(reference, sentAt);
                }

                return true;
            // Its own ack, whose answer was lost, was carried out: that is sent again, and finds out.
            case SettleResult.PendingForNobody or SettleResult.Trimmed when entry is { IsInDoubt: true }:
                return true;
            // Within its lease no other consumer can have taken it over and acked it: its group was lost, or some program acked it. A broadcast name is free sooner than a lease ends.
            case SettleResult.PendingForNobody when entry is { } known && held.IsFresh(known) && name?.IsHeldSince(known.ClaimedAt) != false:
            case SettleResult.Trimmed when entry is not null:
                // Nobody else will ever get it, so it stays ours.
                lost += held.TryOrphan(reference) ? 1 : 0;
                return true;
            // Taken over, however often it is asked; or settled while this renewal was under way, which the caller knows.
            default:
                return false;
        }
    }

    private static ReadOnlySpan<Settlement> Chunk(ReadOnlyMemory<Settlement> settlements, int index) =>
        settlements.Span.Slice(index * ScriptBatch, Math.Min(ScriptBatch, settlements.Length - (index * ScriptBatch)));

    private static void Add(List<RedisValue> arguments, params ReadOnlySpan<RedisValue> values) => arguments.AddRange(values);

    private static RedisValue[] ReceiptsOf(ReadOnlySpan<Settlement> settlements)
    {
        var receipts = new RedisValue[settlements.Length];
        for (var i = 0; i < receipts.Length; i++)
        {
            receipts[i] = settlements[i].Delivery.Receipt;
        }

        return receipts;
    }
}
