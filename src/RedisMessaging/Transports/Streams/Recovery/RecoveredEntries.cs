using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.StreamReading;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Reading;
using RedisMessaging.Transports.Streams.Settling;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Recovery;

/// <summary>Takes in entries that were pending, with the handler starts recorded for them, and writes off those that are gone from the stream.</summary>
internal sealed class RecoveredEntries(StreamConsumer consumer, OwnedEntries held, EntryBuffer arrivals) : IAsyncDisposable
{
    private readonly UnwrittenDeadLetters _unwritten = new(consumer);
    private long _readAt;

    private IDatabase Database => consumer.Context.Connections.Database;

    /// <summary>A read of pending entries is about to be sent.</summary>
    public void Begin() => Begin(consumer.Context.Time.GetTimestamp());

    /// <inheritdoc cref="Begin()"/>
    /// <param name="readAt">A timestamp from before it was sent.</param>
    public void Begin(long readAt)
    {
        _readAt = readAt;
        held.BeginRecovery();
    }

    /// <summary>Its reply is worked in.</summary>
    public void End() => held.EndRecovery();

    /// <param name="redelivered">All of them were handed out before, and don't say so themselves.</param>
    public async ValueTask<int> AcceptAsync(StreamSource lane, StreamRecord[] entries, bool redelivered = false)
    {
        entries = Array.FindAll(entries, entry => !held.Renew(new EntryRef(lane, entry.Id), _readAt));
        if (entries.Length == 0)
        {
            return 0;
        }

        var recorded = await Database.HashGetAsync(consumer.Starts, FieldsOf(lane, Array.ConvertAll(entries, entry => entry.Receipt))).ConfigureAwait(false);
        var added = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            // Nothing is parsed as 0, and is nothing.
            int? starts = !recorded[i].IsNull && recorded[i].TryParse(out int value) ? value : null;
            if (arrivals.Add(lane, entries[i], _readAt, starts, redelivered || entries[i].IsRedelivered))
            {
                added++;
            }
        }

        return added;
    }

    /// <summary>What is held of the pending entries that a page looks at: what of them is gone from the stream is dropped from there, however lately it was renewed.</summary>
    public RedisValue[] HeldFrom(StreamSource lane, string cursor, int count)
    {
        var first = StreamId.Parse(cursor);
        return
        [
            .. held.Snapshot()
                .Where(entry => entry.Key.Lane == lane && entry.Key.Id.CompareTo(first) >= 0)
                .OrderBy(entry => entry.Key.Id)
                .Take(count)
                .Select(entry => (RedisValue)entry.Value.Receipt),
        ];
    }

    /// <summary>XAUTOCLAIM dropped them from the pending entries, because they are gone from the stream.</summary>
    /// <param name="unwritten">Those of them whose dead letters are refused: they are written later.</param>
    public async ValueTask ForgetAsync(StreamSource lane, string[] ids, string[] unwritten)
    {
        _unwritten.Add(lane, unwritten);
        var lost = Array.FindAll(ids, id => !held.TryOrphan(new EntryRef(lane, StreamId.Parse(id))));
        if (lost.Length > 0)
        {
            await CountLostAsync(lane, lost).ConfigureAwait(false);
        }
    }

    /// <summary>They are pending still, but gone from the stream: unless acked they would be returned for ever.</summary>
    public async ValueTask AckTrimmedAsync(StreamSource lane, StreamRecord[] entries)
    {
        var lost = Array.ConvertAll(
            Array.FindAll(entries, entry => held.Find(new EntryRef(lane, entry.Id)) is null),
            entry => entry.Receipt);
        if (lost.Length > 0)
        {
            await StreamCalls.DeadLetterTrimmed(
                consumer.KeyOf(lane),
                consumer.Starts,
                consumer.DeadLetters,
                consumer.Group,
                consumer.Name,
                consumer.Context.Topic,
                sourceCode: StreamConsumer.LetterOf(lane),
                ids: Array.ConvertAll(lost, id => (RedisValue)id)).RunAsync(Database).ConfigureAwait(false);
            await CountLostAsync(lane, lost).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _unwritten.DisposeAsync();

    private static RedisValue[] FieldsOf(StreamSource lane, string[] receipts) => Array.ConvertAll(receipts, receipt => StreamConsumer.StartsField(lane, receipt));

    private async ValueTask CountLostAsync(StreamSource lane, string[] ids)
    {
        var context = consumer.Context;
        context.Instruments.LostByTrim.Add(ids.Length, consumer.Tags);
        context.Instruments.DeadLettered.Add(ids.Length, Instruments.Consumer(context.Topic, consumer.Subscription.Group, DeadLetterReason.Trimmed));
        Log.StreamEntriesLostByTrim(context.Logger, ids.Length, context.Topic, consumer.Group, ids[0]);
        if (consumer.Subscription.OnDeadLetter is { } notify)
        {
            Array.ForEach(ids, id => notify(new TransportDeadLetter(lane == StreamSource.Main ? id : null, DeadLetterReason.Trimmed, $"Entry {id} was trimmed or deleted while it was pending.")));
        }

        await DeadLetterTrim.NowAsync(context, Database, consumer.Tags).ConfigureAwait(false);
    }
}
