using System.Diagnostics;
using RedisMessaging.Connections;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>Waits for new entries of the topic's stream and of the group's retry stream in one blocking call.</summary>
internal sealed class EntryReader(StreamConsumer consumer, BlockingConnection connection, Arrivals arrivals)
{
    /// <summary>No call blocks for longer.</summary>
    public static readonly TimeSpan LongestBlock = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ShortestBlock = TimeSpan.FromMilliseconds(50);

    private readonly RedisValue _stream = consumer.Stream.ToString();
    private readonly RedisValue _retry = consumer.Retry.ToString();
    private readonly BlockTime _block = new(consumer.Lease / 3);

    /// <summary>The highest id of the topic's stream that was ever received.</summary>
    public StreamId? Highest { get; private set; }

    /// <summary>How long the last call could keep the server parked.</summary>
    public TimeSpan LastBlock { get; private set; }

    /// <summary>Reads what is there. When nothing is, waits for some, until something else is due that it would delay: after <paramref name="longest"/>. Zero: does not wait.</summary>
    public async ValueTask ReadAsync(int room, TimeSpan longest, CancellationToken cancellationToken)
    {
        LastBlock = longest > TimeSpan.Zero ? Clamp(_block.Next(), longest) : TimeSpan.Zero;
        object[] arguments = LastBlock == TimeSpan.Zero
            ? ["GROUP", consumer.Group, consumer.Name, "COUNT", room, "STREAMS", consumer.Stream, consumer.Retry, ">", ">"]
            : ["GROUP", consumer.Group, consumer.Name, "COUNT", room, "BLOCK", (long)LastBlock.TotalMilliseconds, "STREAMS", consumer.Stream, consumer.Retry, ">", ">"];

        var claimedAt = consumer.Context.Time.GetTimestamp();
        var reply = await connection.BlockAsync(consumer.Stream, LastBlock, "XREADGROUP", arguments, cancellationToken).ConfigureAwait(false);
        if (reply.IsNull)
        {
            return;
        }

        _block.Shorten();
        // Released and retried messages are older than what the stream brings.
        Accept(reply, StreamLane.Retry, _retry, claimedAt);
        Accept(reply, StreamLane.Main, _stream, claimedAt);
    }

    private static TimeSpan Clamp(TimeSpan block, TimeSpan longest)
    {
        var shorter = block < longest ? block : longest;
        return shorter > ShortestBlock ? shorter : ShortestBlock;
    }

    private void Accept(RedisResult reply, StreamLane lane, RedisValue stream, long claimedAt)
    {
        foreach (var raw in XReadReply.EntriesOf(reply, stream))
        {
            var entry = StreamReply.ReadEntry(raw, lane);
            Debug.Assert(!entry.IsTrimmed, "What is new is in the stream.");
            arrivals.Add(lane, entry, claimedAt);
            if (lane == StreamLane.Main && (Highest is not { } highest || entry.Id.CompareTo(highest) > 0))
            {
                Highest = entry.Id;
            }
        }
    }
}
