using System.Globalization;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.StreamReading;
using RedisMessaging.Topics;
using RedisMessaging.Topics.History;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Reading;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>The topic's stream, read without a group.</summary>
internal sealed class StreamHistory(TransportContext context, StreamKeys keys) : IHistorySource
{
    private readonly EntryFormat _format = EntryFormat.Of(context.Options);

    public ReadSize NewReadSize() => new(context.Time);

    public async ValueTask<IReadOnlyList<HistoryFrame>> ReadPageAsync(string from, string to, int count, bool backwards, CancellationToken cancellationToken)
    {
        // Raw, so that the fields of an entry that another program wrote are read as a receiver reads them.
        var reply = await context.Connections.RunLargeAsync(
            database => backwards
                ? database.ExecuteAsync("XREVRANGE", keys.Stream, to, from, "COUNT", count)
                : database.ExecuteAsync("XRANGE", keys.Stream, from, to, "COUNT", count),
            cancellationToken).ConfigureAwait(false);
        return ReadEntries((RedisResult[])reply!, _format);
    }

    public async ValueTask<IHistoryTail> OpenTailAsync(HistoryPoint from, CancellationToken cancellationToken)
    {
        var start = from.IsOpen
            ? (await EndAsync(cancellationToken).ConfigureAwait(false)).LastId
            : await IsBeyondAsync(from, cancellationToken).ConfigureAwait(false) ? StreamEnd.Beginning : Before(from);
        var connection = await context.Connections.OpenBlockingAsync(context.Topic, cancellationToken).ConfigureAwait(false);
        return new StreamTail(context, keys, connection, start);
    }

    public async ValueTask<bool> IsBeyondAsync(HistoryPoint from, CancellationToken cancellationToken)
    {
        if (!from.IsPosition || !IsBeyond(from, await EndAsync(cancellationToken).ConfigureAwait(false)))
        {
            return false;
        }

        Log.HistoryBeginsAgain(context.Logger, context.Topic, from.ToString());
        return true;
    }

    public async ValueTask<HistorySummary> SummarizeAsync(CancellationToken cancellationToken)
    {
        try
        {
            // It brings the first entry and the last one as a whole.
            var info = await context.Connections.RunLargeAsync(database => database.StreamInfoAsync(keys.Stream), cancellationToken).ConfigureAwait(false);
            return new HistorySummary(info.Length, info.FirstEntry.Id, info.LastEntry.Id, TimeOf(info.FirstEntry.Id), TimeOf(info.LastEntry.Id), info.EntriesAdded);
        }
        catch (RedisServerException error) when (IsMissing(error))
        {
            return new HistorySummary(0, null, null, null, null, 0);
        }
    }

    internal static HistoryFrame[] ReadEntries(ReadOnlySpan<RedisResult> entries, EntryFormat format)
    {
        var frames = new HistoryFrame[entries.Length];
        for (var i = 0; i < frames.Length; i++)
        {
            var entry = StreamReply.ReadEntry(entries[i], StreamSource.Main, format);
            frames[i] = new HistoryFrame(entry.Receipt, entry.Id.Time, entry.Frame);
        }

        return frames;
    }

    /// <summary>Whether a position is neither in the stream nor the next that there can be: 3-0 is the next one behind 2-7, and so is 2-8.</summary>
    internal static bool IsBeyond(HistoryPoint point, StreamEnd end)
    {
        var before = StreamId.Parse(Before(point));
        return end.IsPassedBy(before.ToString()) && before != new StreamId(StreamId.Parse(end.LastId).Milliseconds, ulong.MaxValue);
    }

    private static bool IsMissing(RedisServerException error) => error.Message.StartsWith("ERR no such key", StringComparison.Ordinal);

    private static DateTimeOffset? TimeOf(RedisValue id) => StreamId.TryParse(id, out var parsed) ? parsed.Time : null;

    /// <summary>XREAD returns what comes after an id; the place itself is to be read, too.</summary>
    internal static string Before(HistoryPoint from)
    {
        var text = from.ToString();
        var id = StreamId.TryParse(text, out var parsed) ? parsed : new StreamId(ulong.Parse(text, CultureInfo.InvariantCulture), 0);
        return (id switch
        {
            { Sequence: > 0 } => id with { Sequence = id.Sequence - 1 },
            { Milliseconds: > 0 } => new StreamId(id.Milliseconds - 1, ulong.MaxValue),
            _ => id,
        }).ToString();
    }

    private async Task<StreamEnd> EndAsync(CancellationToken cancellationToken)
    {
        var database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await StreamEnd.AskAsync(database, keys.Stream).ConfigureAwait(false)
            ?? throw new RedisMessagingConfigurationException($"Topic '{context.Topic}': Redis refuses this user to look where the stream ends. {AclAdvice.ForCommands(["XINFO|STREAM"], null)}");
    }
}
