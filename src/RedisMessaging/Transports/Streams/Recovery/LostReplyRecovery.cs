using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.StreamReading;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Streams.Reading;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Recovery;

/// <summary>
/// Finds entries that are pending for this very consumer and never arrived: a reply that is cut in flight leaves them behind. They are read from its
/// history (XREADGROUP with ids in the place of &gt;), a page at a time, and only those: what is held here may be large.
/// </summary>
internal sealed class LostReplyRecovery(StreamConsumer consumer, ReadingConnection connection, RecoveredEntries recovered, OwnedEntries held, ReadSize size)
{
    /// <summary>Nothing lies behind it. The highest id there is would not do: Redis takes that for an id out of range and looks at nothing.</summary>
    public const string End = "9223372036854775807-0";

    private const int PageSize = 100;
    private const string Start = "0-0";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ParkMargin = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = consumer.Context.Time;
    private readonly RedisValue _stream = consumer.Stream.ToString();
    private readonly RedisValue _retry = consumer.Retry.ToString();
    private string _streamCursor = End;
    private string _retryCursor = End;
    private bool _isUnderWay;
    private (long Since, TimeSpan Wait)? _again;

    public bool IsDue => _isUnderWay || UntilAgain == TimeSpan.Zero;

    /// <summary>When it is due for the second time; <see langword="null"/> when it is not.</summary>
    public TimeSpan? UntilAgain => _again is var (since, wait)
        ? (wait - _time.GetElapsedTime(since)) is var rest && rest > TimeSpan.Zero ? rest : TimeSpan.Zero
        : null;

    /// <summary>
    /// A read failed. It is looked for twice: now, and when a server that did not see the connection end can't be parked on the old read any more, since until then it
    /// goes on handing out entries to nobody.
    /// </summary>
    public void Request(TimeSpan parked)
    {
        Restart();
        _again = parked > TimeSpan.Zero ? (_time.GetTimestamp(), parked + ParkMargin) : _again;
    }

    /// <summary>Looks at a page of each stream, and reads what is missing of it.</summary>
    /// <param name="bytes">How many bytes that may have together.</param>
    public async ValueTask ReadPageAsync(long bytes, CancellationToken cancellationToken)
    {
        if (!_isUnderWay)
        {
            _again = null;
            Restart();
        }

        recovered.Begin();
        (_streamCursor, var fromStream) = await ReadPageAsync(StreamSource.Main, _stream, _streamCursor, bytes, cancellationToken).ConfigureAwait(false);
        // In one go only where there was nothing to read of the other: its bytes are not to be added.
        (_retryCursor, var fromRetry) = fromStream > 0
            ? (_retryCursor, 0)
            : await ReadPageAsync(StreamSource.Retry, _retry, _retryCursor, bytes, cancellationToken).ConfigureAwait(false);
        _isUnderWay = _streamCursor != End || _retryCursor != End;
        recovered.End();
        if (fromStream + fromRetry > 0)
        {
            Log.StreamEntriesRecovered(consumer.Context.Logger, fromStream + fromRetry, consumer.Context.Topic, consumer.Group);
        }
    }

    /// <summary>
    /// Lets the others see that this consumer is alive. Redis 7.0 counts neither an XREADGROUP nor an XAUTOCLAIM that finds nothing as a sign of life; a
    /// look into the history is one, empty as it is.
    /// </summary>
    public async ValueTask ShowLifeAsync(CancellationToken cancellationToken) => await connection.BlockAsync(
        consumer.Stream,
        CallTimeout,
        "XREADGROUP",
        ["GROUP", consumer.Group, consumer.Name, "COUNT", 1, "STREAMS", consumer.Stream, End],
        cancellationToken).ConfigureAwait(false);

    private void Restart()
    {
        _streamCursor = Start;
        _retryCursor = Start;
        _isUnderWay = true;
    }

    private async ValueTask<(string Cursor, int Added)> ReadPageAsync(StreamSource lane, RedisValue stream, string cursor, long bytes, CancellationToken cancellationToken)
    {
        if (cursor == End)
        {
            return (End, 0);
        }

        var key = consumer.KeyOf(lane);
        object[] looking = [key, consumer.Group, "(" + cursor, "+", PageSize, consumer.Name];
        var reply = (RedisResult[])(await connection.RunAsync("XPENDING", database => database.ExecuteAsync("XPENDING", looking), cancellationToken).ConfigureAwait(false))!;
        var pending = Array.ConvertAll(reply, entry => (string)entry[0]!);
        var missing = Array.FindIndex(pending, id => !IsHeld(lane, id));
        if (missing < 0)
        {
            return (pending.Length < PageSize ? End : pending[^1], 0);
        }

        // Those that follow it without a gap, as far as their bytes allow.
        var end = Array.FindIndex(pending, missing, id => IsHeld(lane, id));
        var count = size.CountFor((end < 0 ? pending.Length : end) - missing, bytes);
        object[] reading = ["GROUP", consumer.Group, consumer.Name, "COUNT", count, "STREAMS", key, missing == 0 ? cursor : pending[missing - 1]];
        var sentAt = _time.GetTimestamp();
        var entries = StreamReply.ReadEntries(
            await connection.RunAsync("XREADGROUP", database => database.ExecuteAsync("XREADGROUP", reading), cancellationToken).ConfigureAwait(false),
            stream,
            lane,
            consumer.Format);
        size.Note(entries.Length, entries.Sum(entry => (long)entry.Frame.Length), sentAt);
        MarkRedelivered(entries, pending, reply);
        return (entries.Length == 0 ? pending[missing] : entries[^1].Receipt, await AcceptAsync(lane, entries).ConfigureAwait(false));
    }

    /// <summary>What was handed out more than once was somebody else's before: it was taken over, and the reply that brought it is lost.</summary>
    private static void MarkRedelivered(StreamRecord[] entries, string[] pending, RedisResult[] counts)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            var at = Array.IndexOf(pending, entries[i].Receipt);
            entries[i] = entries[i] with { IsRedelivered = at >= 0 && (long)counts[at][3] > 1 };
        }
    }

    private bool IsHeld(StreamSource lane, string id) => held.Find(new EntryRef(lane, StreamId.Parse(id))) is not null;

    private async ValueTask<int> AcceptAsync(StreamSource lane, StreamRecord[] entries)
    {
        var trimmed = Array.FindAll(entries, entry => entry.IsTrimmed);
        if (trimmed.Length > 0)
        {
            await recovered.AckTrimmedAsync(lane, trimmed).ConfigureAwait(false);
        }

        return await recovered.AcceptAsync(lane, Array.FindAll(entries, entry => !entry.IsTrimmed)).ConfigureAwait(false);
    }
}
