using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.StreamReading;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Groups;

/// <summary>The topic's consumer groups, as an operator sees and handles them.</summary>
internal sealed class StreamGroups(TransportContext context, StreamKeys keys) : IConsumerGroups
{
    private const int LargestPage = 1_000;
    private const int MostTaken = 100;

    /// <summary>A consumer that runs shows life at each sweep, which is four times a lease.</summary>
    private readonly TimeSpan _silent = ((StreamOptions)context.Options).Lease;

    private readonly long _lostGroupWait = StreamConsumer.LostGroupWaitOf(context.Options);

    public ValueTask<IReadOnlyList<ConsumerGroupInfo>> ListAsync(CancellationToken cancellationToken = default) => RunAsync<IReadOnlyList<ConsumerGroupInfo>>(
        async database =>
        {
            if (!await database.KeyExistsAsync(keys.Stream).ConfigureAwait(false))
            {
                return [];
            }

            var groups = await database.StreamGroupInfoAsync(keys.Stream).ConfigureAwait(false);
            return await Task.WhenAll(groups.Select(group => DescribeAsync(database, group))).ConfigureAwait(false);
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<GroupConsumerInfo>> ListConsumersAsync(string group, CancellationToken cancellationToken = default) => RunAsync<IReadOnlyList<GroupConsumerInfo>>(
        async database =>
        {
            var consumers = await OfGroupAsync(group, database.StreamConsumerInfoAsync(keys.Stream, group)).ConfigureAwait(false);
            var retries = (await OfRetriesAsync(database.StreamConsumerInfoAsync(keys.Retry(group), group)).ConfigureAwait(false)).ToDictionary(consumer => consumer.Name);
            return Array.ConvertAll(consumers, consumer => retries.TryGetValue(consumer.Name, out var retrying)
                ? new GroupConsumerInfo(consumer.Name, consumer.PendingMessageCount + retrying.PendingMessageCount, TimeSpan.FromMilliseconds(Math.Min(consumer.IdleTimeInMilliseconds, retrying.IdleTimeInMilliseconds)))
                : new GroupConsumerInfo(consumer.Name, consumer.PendingMessageCount, TimeSpan.FromMilliseconds(consumer.IdleTimeInMilliseconds)));
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<PendingMessage>> PeekPendingAsync(string group, int count = 100, string? after = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, LargestPage);
        // "(" leaves the id itself out.
        var from = after is null ? "-" : "(" + HistoryPoint.At(after);
        return RunAsync<IReadOnlyList<PendingMessage>>(
            async database =>
            {
                var pending = await OfGroupAsync(group, database.StreamPendingMessagesAsync(keys.Stream, group, count, RedisValue.Null, from, "+")).ConfigureAwait(false);
                var starts = await database.HashGetAsync(keys.Starts(group), Array.ConvertAll(pending, message => (RedisValue)("m" + message.MessageId))).ConfigureAwait(false);
                return [.. pending.Select((message, i) => new PendingMessage(message.MessageId!, message.ConsumerName!, TimeSpan.FromMilliseconds(message.IdleTimeInMilliseconds), message.DeliveryCount, (int)starts[i]))];
            },
            cancellationToken);
    }

    public async ValueTask<bool> CreateAsync(string group, HistoryPoint from, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        var start = await StartOfAsync(group, from, cancellationToken).ConfigureAwait(false);
        var made = await RunAsync(
            database => StreamGroupCalls.Create(
                keys.Stream,
                keys.Retry(group),
                keys.SettledUpTo(group),
                keys.Seen,
                group,
                start,
                deletesOnAck: _lostGroupWait > 0 ? 1 : 0).RunAsync(database),
            cancellationToken).ConfigureAwait(false);
        return made.Length < 0
            ? (bool)made
            : throw new ConsumerGroupException($"Group '{group}' of topic '{context.Topic}' is not created: DeleteOnAck is set, and the stream has the group '{made[0]}', whose acks would take messages from it: without XACKDEL (Redis 8.2, and the right to it) the stream can have one group. Leave DeleteOnAck out, or delete that group.");
    }

    public async ValueTask SeekAsync(string group, HistoryPoint to, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(group);
        var start = await StartOfAsync(group, to, cancellationToken).ConfigureAwait(false);
        var done = await RunAsync(
            database => StreamGroupCalls.Seek(keys.Stream, keys.SettledUpTo(group), keys.Inbox(group), keys.Seen, group, start).RunAsync(database),
            cancellationToken).ConfigureAwait(false);
        if (!(bool)done)
        {
            throw NoGroup(group, null);
        }
    }

    public async ValueTask<bool> DeleteAsync(string group, bool force = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(group);
        var call = StreamGroupCalls.Destroy(
            keys.Stream,
            keys.Retry(group),
            keys.Starts(group),
            keys.SettledUpTo(group),
            keys.Retries(group),
            keys.RetryMessages(group),
            keys.Inbox(group),
            keys.Seen,
            keys.Handlers,
            group,
            force: force ? 1 : 0,
            lease: (long)_silent.TotalMilliseconds);
        var reply = (long[])(await RunAsync(
            database => call.RunAsync(database),
            cancellationToken).ConfigureAwait(false))!;
        return reply[0] switch
        {
            1 => true,
            -1 => false,
            _ => throw new ConsumerGroupException($"Group '{group}' of topic '{context.Topic}' is not deleted: {reply[1]} messages are pending in it, {reply[2]} wait to be handled again, and {reply[3]} consumers have shown life within the lease. Stop its consumers and let it finish, or set force."),
        };
    }

    public async ValueTask<int> ReclaimAsync(string group, IReadOnlyCollection<string> positions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(positions);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(positions.Count, MostTaken, nameof(positions));
        RedisValue[] ids = [.. positions.Select(position => (RedisValue)HistoryPoint.At(position).ToString())];
        var call = StreamGroupCalls.TakeOverPending(
            EntryFormat.Of(context.Options),
            keys.Stream,
            keys.Retry(group),
            keys.Starts(group),
            keys.Seen,
            group,
            lostGroupWait: _lostGroupWait,
            ids: ids);
        return (int)await RunAsync(
            database => OfGroupAsync(group, call.RunAsync(database)),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A position beyond the stream's end is another stream's, and a group that waits there would get nothing of this one.</summary>
    private async ValueTask<RedisValue> StartOfAsync(string group, HistoryPoint point, CancellationToken cancellationToken)
    {
        if (point.IsOpen)
        {
            return "$";
        }

        var end = point.IsPosition ? await RunAsync(database => StreamEnd.AskAsync(database, keys.Stream), cancellationToken).ConfigureAwait(false) : null;
        if (end is null || !StreamHistory.IsBeyond(point, end.Value))
        {
            return StreamHistory.Before(point);
        }

        Log.GroupStartsAtBeginning(context.Logger, group, context.Topic, point.ToString());
        return StreamEnd.Beginning;
    }

    /// <summary>No retry stream, or no group in it: nothing waits there.</summary>
    private static async Task<StreamConsumerInfo[]> OfRetriesAsync(Task<StreamConsumerInfo[]> consumers)
    {
        try
        {
            return await consumers.ConfigureAwait(false);
        }
        catch (RedisServerException)
        {
            return [];
        }
    }

    private async Task<ConsumerGroupInfo> DescribeAsync(IDatabase database, StreamGroupInfo group)
    {
        // Messages go to and fro between the two. Counted before and after the other, none is on its way whenever it is looked at: who waits for 0 is not told it too early.
        var before = database.SortedSetLengthAsync(keys.Retries(group.Name));
        var waiting = database.StreamLengthAsync(keys.Retry(group.Name));
        var after = database.SortedSetLengthAsync(keys.Retries(group.Name));
        return new ConsumerGroupInfo
        {
            Name = group.Name,
            Consumers = group.ConsumerCount,
            Pending = group.PendingMessageCount,
            Lag = group.Lag,
            Retrying = await waiting.ConfigureAwait(false) + Math.Max(await before.ConfigureAwait(false), await after.ConfigureAwait(false)),
            LastDelivered = group.LastDeliveredId ?? "0-0",
            IsBroadcast = BroadcastGroups.IsBroadcast(group.Name),
        };
    }

    private async Task<T> OfGroupAsync<T>(string group, Task<T> answer)
    {
        try
        {
            return await answer.ConfigureAwait(false);
        }
        catch (RedisServerException error) when (RedisErrors.Classify(error) is FaultKind.NoGroup || error.Message.Contains("no such key", StringComparison.Ordinal))
        {
            throw NoGroup(group, error);
        }
    }

    private ConsumerGroupException NoGroup(string group, Exception? error) =>
        new($"Topic '{context.Topic}' has no consumer group '{group}'. It is made by its first consumer, or with CreateAsync.", error);

    private ValueTask<T> RunAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken) =>
        context.Connections.AskAsync($"The consumer groups of topic '{context.Topic}'", command, cancellationToken, context.Keys.Pattern);
}
