using RedisMessaging.Redis.Connections;
using RedisMessaging.Transports.Streams.Recovery;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Reading;

/// <summary>Sends an XREADGROUP for what is new in the topic's stream and in the group's retry stream, and for what may be taken over.</summary>
internal sealed class GroupRead(StreamConsumer consumer, ReadingConnection connection, RecoveredEntries recovered, ReadClaims claims)
{
    private readonly RedisValue _stream = consumer.Stream.ToString();
    private readonly RedisValue _retry = consumer.Retry.ToString();
    private readonly StreamPosition[] _both = [new(consumer.Stream, StreamPosition.NewMessages), new(consumer.Retry, StreamPosition.NewMessages)];
    private readonly StreamPosition[] _retryAlone = [new(consumer.Retry, StreamPosition.NewMessages)];

    /// <summary>After how many ms of idling an entry is taken over; zero where none is.</summary>
    public long Lease => TakesOver ? (long)consumer.Lease.TotalMilliseconds : 0;

    /// <summary>When the last one was sent: a timestamp from before that.</summary>
    public long SentAt { get; private set; }

    private bool TakesOver { get; set; }

    /// <summary>Finds out what the next reads are to bring.</summary>
    /// <returns>For how long at most the next one may wait: a later one may take over what it does not.</returns>
    public TimeSpan Prepare(bool newOnly)
    {
        TakesOver = !newOnly && claims.AreDue;
        return newOnly || TakesOver ? TimeSpan.MaxValue : claims.UntilDue;
    }

    /// <summary>Waits for something. Call <see cref="End"/> when the entries are worked in.</summary>
    public async ValueTask<(StreamRecord[] Retried, StreamRecord[] Brought)> BlockAsync(int room, TimeSpan block, CancellationToken cancellationToken)
    {
        object[] how = ["GROUP", consumer.Group, consumer.Name, "COUNT", room, "BLOCK", (long)block.TotalMilliseconds];
        object[] what = ["STREAMS", consumer.Stream, consumer.Retry, ">", ">"];
        object[] arguments = TakesOver ? [.. how, "CLAIM", Lease, .. what] : [.. how, .. what];
        Begin();
        try
        {
            var reply = await connection.BlockAsync(consumer.Stream, block, "XREADGROUP", arguments, cancellationToken).ConfigureAwait(false);
            return (StreamReply.ReadEntries(reply, _retry, StreamSource.Retry, consumer.Format), StreamReply.ReadEntries(reply, _stream, StreamSource.Main, consumer.Format));
        }
        catch (RedisServerException error) when (TakesOver && claims.Lose(error))
        {
            return ([], []);
        }
    }

    /// <summary>The same without a wait. Without a BLOCK StackExchange.Redis reads the reply by itself, with fewer objects for each entry.</summary>
    /// <param name="retryAlone">Only of the retry stream.</param>
    public async ValueTask<(StreamRecord[] Retried, StreamRecord[] Brought)> RunAsync(int room, bool retryAlone, CancellationToken cancellationToken)
    {
        TimeSpan? lease = TakesOver ? consumer.Lease : null;
        Begin();
        try
        {
            var reply = await connection.RunAsync(
                "XREADGROUP",
                database => database.StreamReadGroupAsync(retryAlone ? _retryAlone : _both, consumer.Group, consumer.Name, room, noAck: false, claimMinIdleTime: lease),
                cancellationToken).ConfigureAwait(false);
            return (StreamReply.ReadEntries(reply, consumer.Retry, StreamSource.Retry, consumer.Format), StreamReply.ReadEntries(reply, consumer.Stream, StreamSource.Main, consumer.Format));
        }
        catch (RedisServerException error) when (TakesOver && claims.Lose(error))
        {
            return ([], []);
        }
    }

    /// <summary>What the read brought is worked in.</summary>
    public void End()
    {
        if (TakesOver)
        {
            recovered.End();
        }
    }

    private void Begin()
    {
        SentAt = consumer.Context.Time.GetTimestamp();
        if (TakesOver)
        {
            // It brings what this consumer holds, too, when a renewal is late.
            recovered.Begin(SentAt);
        }
    }
}
