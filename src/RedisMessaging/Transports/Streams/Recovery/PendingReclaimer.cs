using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Streams.Reading;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Recovery;

/// <summary>
/// Takes over entries that idled for longer than the lease, a page of XAUTOCLAIM at a time: those of consumers that died, and this consumer's own that never
/// arrived. The cursor is kept between calls, since one call scans only ten times its COUNT, and a large COUNT would block the server. Where reads take them over, it looks for pending entries that
/// are gone from the stream, which reads leave as they are: only where there can be some, and rarely, since it looks at every pending entry.
/// </summary>
internal sealed class PendingReclaimer
{
    private const int LargestPage = 100;

    /// <summary>XAUTOCLAIM looks at ten times as many pending entries as it may take over.</summary>
    private const int LooksAt = 10;

    private const string Start = "0-0";

    private readonly StreamConsumer _consumer;
    private readonly ReadingConnection _connection;
    private readonly RecoveredEntries _recovered;
    private readonly ReadSize _size;
    private readonly ReadClaims _claims;
    private readonly IntervalTimer _next;
    private readonly IntervalTimer _nextRare;
    private (long Main, long Retry)? _removed;
    private (long Main, long Retry)? _removedBefore;
    private string _cursor = Start;
    private StreamSource _lane;

    public PendingReclaimer(StreamConsumer consumer, ReadingConnection connection, RecoveredEntries recovered, ReadSize size, ReadClaims claims)
    {
        _consumer = consumer;
        _connection = connection;
        _recovered = recovered;
        _size = size;
        _claims = claims;
        _nextRare = new IntervalTimer(consumer.Context.Time, consumer.Lease * 4);
        _next = new IntervalTimer(consumer.Context.Time, consumer.Lease / 4);
        // What a crashed predecessor of this process held may be due already.
        _next.Force();
    }

    /// <summary>A sweep has begun and is not through.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Zero when a page is due.</summary>
    public TimeSpan UntilNext => IsUnderWay ? TimeSpan.Zero : _next.Rest;

    /// <summary>Reads one page, if there is a reason to. Done when that was a sweep's last.</summary>
    public async ValueTask<bool> SweepAsync(int room, long bytes, CancellationToken cancellationToken)
    {
        if (!IsUnderWay && _claims.ArePossible && !await MayBeGoneAsync().ConfigureAwait(false))
        {
            _next.Restart();
            return true;
        }

        return await ReadPageAsync(room, bytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Nothing is pending, or the groups were created again: there is nothing to continue from.</summary>
    public void Restart()
    {
        _cursor = Start;
        _lane = StreamSource.Main;
        IsUnderWay = false;
        _removedBefore = null;
        _next.Restart();
    }

    private async ValueTask<bool> MayBeGoneAsync()
    {
        var reply = (long[])(await _connection.RunAsync(
            "looking for what is gone",
            database => StreamCalls.PendingGone(_consumer.Stream, _consumer.Retry, _consumer.Group).RunAsync(database)).ConfigureAwait(false))!;
        var isAnyPending = reply[0] + reply[3] > 0;
        var isFirstGone = reply[1] + reply[4] > 0;
        _removed = (reply[2], reply[5]);
        if (!isAnyPending)
        {
            _removedBefore = _removed;
        }

        return isFirstGone || (isAnyPending && _removed != _removedBefore && _nextRare.IsDue);
    }

    private async ValueTask<bool> ReadPageAsync(int room, long bytes, CancellationToken cancellationToken)
    {
        IsUnderWay = true;
        _recovered.Begin();
        var count = Math.Min(room, LargestPage);
        RedisValue[] known = [.. _recovered.HeldFrom(_lane, _cursor, LooksAt * count)];
        var call = StreamCalls.Reclaim(
            _consumer.KeyOf(_lane),
            _consumer.Starts,
            _consumer.DeadLetters,
            _consumer.Group,
            _consumer.Name,
            _consumer.Context.Topic,
            sourceCode: StreamConsumer.LetterOf(_lane),
            minIdle: (long)_consumer.Lease.TotalMilliseconds,
            cursor: _cursor,
            count: count,
            maxBytes: Math.Min(bytes, _size.Bytes),
            known: known);
        cancellationToken.ThrowIfCancellationRequested();
        var sentAt = _consumer.Context.Time.GetTimestamp();
        var reply = await _connection.RunAsync("XAUTOCLAIM", database => call.RunAsync(database), cancellationToken).ConfigureAwait(false);
        var entries = Array.ConvertAll((RedisResult[])reply[1]!, raw => StreamReply.ReadEntry(raw, _lane, _consumer.Format));
        _size.Note(entries.Length, entries.Sum(entry => (long)entry.Frame.Length), sentAt);
        var deleted = (string[])reply[2]!;
        await _recovered.ForgetAsync(_lane, deleted, (string[])reply[3]!).ConfigureAwait(false);
        var added = await _recovered.AcceptAsync(_lane, entries, redelivered: true).ConfigureAwait(false);
        _recovered.End();
        if (added > 0)
        {
            Log.StreamEntriesReclaimed(_consumer.Context.Logger, added, _consumer.Context.Topic, _consumer.Group);
        }

        _cursor = (string)reply[0]!;
        if (_cursor == Start)
        {
            IsUnderWay = _lane == StreamSource.Main;
            _lane = _lane == StreamSource.Main ? StreamSource.Retry : StreamSource.Main;
            if (!IsUnderWay)
            {
                _removedBefore = _removed;
                _next.Restart();
                _nextRare.Restart();
            }
        }

        return !IsUnderWay;
    }
}
