using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>
/// Finds entries that are pending for this very consumer and never arrived: a reply that is cut in flight leaves them behind. They are read from its
/// history (XREADGROUP with ids in the place of &gt;), a page at a time.
/// </summary>
internal sealed class OwnPending(StreamConsumer consumer, ReadingConnection connection, RecoveredEntries recovered)
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

    /// <summary>Reads one page of each stream.</summary>
    public async ValueTask ReadPageAsync(CancellationToken cancellationToken)
    {
        if (!_isUnderWay)
        {
            _again = null;
            Restart();
        }

        object[] arguments = ["GROUP", consumer.Group, consumer.Name, "COUNT", PageSize, "STREAMS", consumer.Stream, consumer.Retry, _streamCursor, _retryCursor];
        recovered.Begin(claiming: false);
        var reply = await connection.BlockAsync(consumer.Stream, CallTimeout, "XREADGROUP", arguments, cancellationToken).ConfigureAwait(false);
        var (streamCursor, fromStream) = await AcceptAsync(reply, StreamLane.Main, _stream).ConfigureAwait(false);
        var (retryCursor, fromRetry) = await AcceptAsync(reply, StreamLane.Retry, _retry).ConfigureAwait(false);
        _streamCursor = streamCursor;
        _retryCursor = retryCursor;
        _isUnderWay = streamCursor != End || retryCursor != End;
        recovered.End();
        if (!_isUnderWay)
        {
            recovered.ForgetLostClaims();
        }

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

    private async ValueTask<(string Cursor, int Added)> AcceptAsync(RedisResult reply, StreamLane lane, RedisValue stream)
    {
        var entries = StreamReply.ReadEntries(reply, stream, lane, consumer.Format);
        if (entries.Length == 0)
        {
            return (End, 0);
        }

        var trimmed = Array.FindAll(entries, entry => entry.IsTrimmed);
        if (trimmed.Length > 0)
        {
            await recovered.AckTrimmedAsync(lane, trimmed).ConfigureAwait(false);
        }

        var added = await recovered.AcceptAsync(lane, Array.FindAll(entries, entry => !entry.IsTrimmed), redelivered: false).ConfigureAwait(false);
        return (entries.Length < PageSize ? End : entries[^1].Receipt, added);
    }
}
