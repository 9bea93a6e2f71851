using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.StreamReading;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Recovery;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Groups;

/// <summary>The group in Redis, on both streams: made, made anew when it was lost, and kept free of consumers that are gone.</summary>
internal sealed class ConsumerGroup(StreamConsumer consumer)
{
    private const string Beginning = "0";
    private const string End = "$";
    private static readonly TimeSpan TidyInterval = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time = consumer.Context.Time;
    private StreamEnd? _end;
    private string[] _others = [.. consumer.Subscription.Siblings];
    private bool _othersLogged;
    private long _tidiedAt = consumer.Context.Time.GetTimestamp();

    private IDatabase Database => consumer.Context.Connections.Database;

    public async ValueTask OpenAsync()
    {
        var subscription = consumer.Subscription;
        var atEnd = subscription.StartAt == StartPosition.New || (subscription.StartAt == StartPosition.Default && subscription.Broadcast);
        await OpenAsync(atEnd ? End : Beginning, starts: true).ConfigureAwait(false);
    }

    /// <summary>
    /// Creates the group again where it had settled everything: never at the end, which would skip what came since, and never at what this consumer has read, which would skip what others
    /// held. After a FLUSHALL, a restart without persistence or a failover the stream may be another one; then it is read from its beginning.
    /// </summary>
    /// <returns>The stream's last id: what comes up to there may have been handed out before.</returns>
    public async ValueTask<StreamId> RestoreAsync()
    {
        var (created, position, last) = await OpenAsync(Beginning, starts: false).ConfigureAwait(false);
        if (created)
        {
            Log.StreamGroupRestored(consumer.Context.Logger, consumer.Group, consumer.Context.Topic, position.ToString());
        }

        return last;
    }

    /// <summary>Notes in Redis how far the group has got, and that it has a consumer.</summary>
    /// <param name="connection">The receive loop's own: it must not wait for a command connection in trouble.</param>
    public async ValueTask NoteSettledUpToAsync(ReadingConnection connection)
    {
        var reply = await connection.RunAsync(
            "noting what is settled",
            database => StreamGroupCalls.NoteSettled(
                consumer.Stream,
                consumer.SettledUpTo,
                consumer.Seen,
                consumer.Group,
                namesGroups: consumer.DeletesOnAck ? 1 : 0).RunAsync(database)).ConfigureAwait(false);
        NoteReturn((long)reply[1]);
        NoteGroups((bool)reply[4], reply[5]);
        await NoteEndAsync(new StreamEnd((string)reply[2]!), (string)reply[3]!).ConfigureAwait(false);
    }

    /// <summary>In one round trip for a consumer that has nothing to do: shows life, and when nothing is pending for anybody in the group and nothing is new, notes the floor.</summary>
    /// <returns>The last ids that the group was given of its two streams; <see langword="null"/> when there is something to do.</returns>
    public async ValueTask<string[]?> LookIdleAsync(ReadingConnection connection)
    {
        var reply = await connection.RunAsync(
            "looking for what is pending",
            database => StreamGroupCalls.IdleCheck(
                consumer.Stream,
                consumer.Retry,
                consumer.SettledUpTo,
                consumer.Seen,
                consumer.Group,
                consumer.Name,
                end: LostReplyRecovery.End,
                namesGroups: consumer.DeletesOnAck ? 1 : 0).RunAsync(database)).ConfigureAwait(false);
        if (await NoteEndAsync(new StreamEnd((string)reply[5]!), (string)reply[3]!).ConfigureAwait(false) || !(bool)reply[0])
        {
            return null;
        }

        NoteReturn((long)reply[1]);
        NoteGroups((bool)reply[6], reply[7]);
        return [(string)reply[3]!, (string)reply[4]!];
    }

    /// <summary>Removes consumers of processes that are gone, now and then.</summary>
    /// <returns>Whether it was time to.</returns>
    public async ValueTask<bool> TidyWhenDueAsync()
    {
        if (_time.GetElapsedTime(_tidiedAt) < TidyInterval)
        {
            return false;
        }

        _tidiedAt = _time.GetTimestamp();
        var limit = (long)consumer.AbandonedAfter(TimeSpan.FromMinutes(10)).TotalMilliseconds;
        try
        {
            var call = StreamGroupCalls.RemoveIdleConsumers(consumer.Stream, consumer.Retry, consumer.Group, consumer.Name, maxIdle: limit);
            var removed = (int)await call.RunAsync(Database).ConfigureAwait(false);
            if (removed > 0)
            {
                Log.StreamConsumersRemoved(consumer.Context.Logger, removed, consumer.Context.Topic, consumer.Group);
            }
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            Log.StreamCleanupFailed(consumer.Context.Logger, consumer.Context.Topic, consumer.Group, error);
        }

        return true;
    }

    /// <summary>Gives back what is pending for this consumer, whether it ever arrived or not, and removes the consumer.</summary>
    public ValueTask LeaveAsync() => LeaveAsync(consumer.Name);

    /// <summary>Gives back what is pending for all others, and removes them: they are known to be gone, and nobody waits for their leases to end.</summary>
    public async ValueTask RemoveOthersAsync()
    {
        foreach (var other in await Database.StreamConsumerInfoAsync(consumer.Stream, consumer.Group).ConfigureAwait(false))
        {
            if (other.Name != consumer.Name)
            {
                await LeaveAsync(other.Name).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask LeaveAsync(string name)
    {
        var call = StreamGroupCalls.Leave(
            consumer.Format, consumer.Stream, consumer.Retry, consumer.Starts, consumer.Seen, consumer.Group, name, consumer.LostGroupWait);
        bool again;
        do
        {
            again = (bool)await call.RunAsync(Database).ConfigureAwait(false);
        }
        while (again);
    }

    private async ValueTask<(bool Created, StreamId Position, StreamId Last)> OpenAsync(string start, bool starts)
    {
        // A group that runs is created again in any case: with others beside it what is acked stays.
        RedisValue[] awaited = consumer.DeletesOnAck ? [.. _others.Select(other => (RedisValue)other)] : [];
        var reply = await StreamGroupCalls.Open(
            consumer.Stream,
            consumer.Retry,
            consumer.SettledUpTo,
            consumer.Seen,
            consumer.Handlers,
            consumer.Group,
            consumer.Name,
            start: start,
            deletesOnAck: starts && consumer.DeletesOnAck ? 1 : 0,
            groupHandlers: string.Join('\n', consumer.Subscription.Handlers),
            lease: (long)consumer.Lease.TotalMilliseconds,
            awaitedGroups: awaited).RunAsync(Database).ConfigureAwait(false);
        // Nothing but the name of the group that is in the way.
        if (reply.Length == 1)
        {
            throw new RedisMessagingConfigurationException($"Topic '{consumer.Context.Topic}', group '{consumer.Group}': DeleteOnAck is set, and the stream has another group, '{reply[0]}', which would lose what '{consumer.Group}' acks: without XACKDEL (Redis 8.2, and the right to it) the stream can have one group. Use that group, leave DeleteOnAck out, or delete the other group (IStreamTopic.Groups.DeleteAsync, XGROUP DESTROY).");
        }

        NoteReturn((long)reply[3]);
        if (starts)
        {
            NoteNew((long)reply[4], (string[])reply[5]!);
        }

        _end = new StreamEnd((string)reply[2]!);
        return ((bool)reply[0], StreamId.Parse((string)reply[1]!), StreamId.Parse((string)reply[2]!));
    }

    /// <summary>
    /// A group may well stand beyond its stream's end: one that was started at a time does. But where the end was seen further on, ids were set back or the stream is an older one, and what
    /// comes below the group's position would never be read.
    /// </summary>
    /// <returns>Whether it begins again.</returns>
    private async ValueTask<bool> NoteEndAsync(StreamEnd end, string delivered)
    {
        var wentBack = _end is { } known && end.IsPassedBy(known.LastId) && end.IsPassedBy(delivered);
        _end = end;
        if (!wentBack)
        {
            return false;
        }

        var begins = (bool)await StreamGroupCalls.Restart(consumer.Stream, consumer.Group).RunAsync(Database).ConfigureAwait(false);
        if (begins)
        {
            Log.GroupBeginsAgain(consumer.Context.Logger, consumer.Group, consumer.Context.Topic, delivered);
        }
        else
        {
            Log.GroupStaysBeyond(consumer.Context.Logger, consumer.Group, consumer.Context.Topic, delivered);
        }

        return begins;
    }

    /// <summary>Remembers the other groups: when all of them are lost, what this one acks waits for them.</summary>
    /// <param name="shares">Whether the server deletes what all of them have acked.</param>
    private void NoteGroups(bool shares, RedisResult groups)
    {
        if (!consumer.DeletesOnAck || groups.Length == 0)
        {
            return;
        }

        _others = groups.Length == 1 ? [] : [.. ((string[])groups!).Where(group => group != consumer.Group)];
        if (_others.Length > 0 && !shares && !_othersLogged)
        {
            Log.StreamDeletesForOthers(consumer.Context.Logger, consumer.Context.Topic, groups.Length, consumer.Group);
        }

        _othersLogged = _others.Length > 0 && !shares;
    }

    /// <summary>A new group without a StartAt, on a stream on which another group has its handlers: most likely the application was renamed.</summary>
    private void NoteNew(long waiting, string[] same)
    {
        var others = same.Except(consumer.Subscription.Siblings).ToArray();
        if (others.Length > 0 && consumer.Subscription.StartAt == StartPosition.Default)
        {
            Log.StreamGroupLooksRenamed(consumer.Context.Logger, consumer.Group, consumer.Context.Topic, waiting, string.Join("', '", others), others[0]);
        }
    }

    /// <param name="missed">-1 when nobody has missed it.</param>
    private void NoteReturn(long missed)
    {
        if (missed >= 0)
        {
            Log.StreamGroupBack(consumer.Context.Logger, consumer.Group, consumer.Context.Topic, missed);
        }
    }
}
