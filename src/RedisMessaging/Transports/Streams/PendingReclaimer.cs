using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>
/// Takes over entries that idled for longer than the lease, a page of XAUTOCLAIM at a time: those of consumers that died, and this consumer's own that never
/// arrived. The cursor is kept between calls, since one call scans only ten times its COUNT, and a large COUNT would block the server.
/// </summary>
internal sealed class PendingReclaimer(StreamConsumer consumer, BlockingConnection connection, RecoveredEntries recovered)
{
    private const int LargestPage = 100;
    private const string Start = "0-0";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    private readonly TimeProvider _time = consumer.Context.Time;
    private string _cursor = Start;
    private StreamLane _lane;
    private long _waitingSince = consumer.Context.Time.GetTimestamp();
    private TimeSpan _wait = TimeSpan.Zero;

    /// <summary>A sweep has begun and is not through.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Zero when a page is due.</summary>
    public TimeSpan UntilNext
    {
        get
        {
            var rest = IsUnderWay ? TimeSpan.Zero : _wait - _time.GetElapsedTime(_waitingSince);
            return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        }
    }

    /// <summary>Reads one page. Done when that was a sweep's last.</summary>
    public async ValueTask<bool> ReadPageAsync(int room, CancellationToken cancellationToken)
    {
        IsUnderWay = true;
        object[] arguments = [consumer.KeyOf(_lane), consumer.Group, consumer.Name, (long)consumer.Lease.TotalMilliseconds, _cursor, "COUNT", Math.Min(room, LargestPage)];
        recovered.Begin(claiming: true);
        var reply = await connection.BlockAsync(consumer.KeyOf(_lane), CallTimeout, "XAUTOCLAIM", arguments, cancellationToken).ConfigureAwait(false);
        var claimed = (RedisResult[])reply[1]!;
        var deleted = reply.Length > 2 ? (RedisValue[])reply[2]! : [];
        await recovered.ForgetAsync(_lane, deleted).ConfigureAwait(false);
        var added = await recovered.AcceptAsync(_lane, Array.ConvertAll(claimed, raw => StreamReply.ReadEntry(raw, _lane)), redelivered: true).ConfigureAwait(false);
        recovered.End();
        if (added > 0)
        {
            Log.StreamEntriesReclaimed(consumer.Context.Logger, added, consumer.Context.Topic, consumer.Group);
        }

        _cursor = (string)reply[0]!;
        if (_cursor == Start)
        {
            IsUnderWay = _lane == StreamLane.Main;
            _lane = _lane == StreamLane.Main ? StreamLane.Retry : StreamLane.Main;
            if (!IsUnderWay)
            {
                Schedule();
            }
        }

        return !IsUnderWay;
    }

    /// <summary>The groups were made anew: there is nothing to go on from.</summary>
    public void Restart()
    {
        _cursor = Start;
        _lane = StreamLane.Main;
        IsUnderWay = false;
        Schedule();
    }

    private void Schedule()
    {
        _waitingSince = _time.GetTimestamp();
        _wait = consumer.Lease / 4 * (0.75 + (Random.Shared.NextDouble() / 2));
    }
}
