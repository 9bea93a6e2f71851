using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Serialization;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Topics.DeadLetters;

/// <summary>Reads a topic's dead letters, whatever transport wrote them, and gives them back through the topic's own.</summary>
internal sealed class DeadLetterStore(TransportContext context, ITransport transport, FrameFormat format) : IDeadLetters
{
    private const int LargestPage = 1_000;

    /// <summary>So many in a row have the same cause: those behind them would be refused, too.</summary>
    private const int MaxRefusals = 10;

    private readonly RedisKey _key = context.Keys.DeadLetters;

    public ValueTask<long> CountAsync(CancellationToken cancellationToken = default) =>
        RunAsync(
            async database =>
            {
                await DropOldAsync(database).ConfigureAwait(false);
                return await database.StreamLengthAsync(_key).ConfigureAwait(false);
            },
            cancellationToken);

    public async ValueTask<IReadOnlyList<DeadLetter>> PeekAsync(
        int count = 100,
        string? after = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, LargestPage);
        await RunAsync(
            async database =>
            {
                await DropOldAsync(database).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        var letters = new List<DeadLetter>();
        var size = new ReadSize(context.Time);
        // "(" leaves the id itself out.
        RedisValue start = after is null ? "-" : "(" + after;
        while (letters.Count < count)
        {
            var asked = size.CountFor(count - letters.Count);
            var page = await ReadPageAsync(start, "+", asked, size, cancellationToken).ConfigureAwait(false);
            letters.AddRange(page.Select(Read));
            if (page.Length < asked)
            {
                break;
            }

            start = "(" + page[^1].Id;
        }

        return letters;
    }

    public async ValueTask<bool> RedriveAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        var found = await ReadPageAsync(id, id, 1, new ReadSize(context.Time), cancellationToken).ConfigureAwait(false);
        if (found.Length == 0)
        {
            return false;
        }

        var letter = Read(found[0]);
        return IsLeft(letter)
            ? await RedriveAsync(letter, cancellationToken).ConfigureAwait(false)
            : throw new InvalidOperationException(
                $"Topic '{context.Topic}': the dead letter '{id}' can't be redriven: the message at "
                    + $"{letter.Position ?? "an unknown position"} was trimmed from its stream before group '{letter.Group}' handled it, "
                    + "and its bytes are gone. Publish it anew from where it came from, and delete the dead letter.");
    }

    public async ValueTask<long> RedriveAllAsync(Func<DeadLetter, bool>? filter = null, CancellationToken cancellationToken = default)
    {
        var redriven = 0L;
        var last = await RunLargeAsync(
            database => database.StreamRangeAsync(_key, count: 1, messageOrder: Order.Descending),
            cancellationToken).ConfigureAwait(false);
        if (last.Length == 0)
        {
            return 0;
        }

        // What fails again meanwhile comes behind that one, and is not driven in circles.
        var end = last[0].Id;
        RedisValue start = "-";
        var size = new ReadSize(context.Time);
        RedisMessagingException? refusal = null;
        var inARow = 0;
        while (true)
        {
            var asked = size.CountFor(LargestPage);
            var page = await ReadPageAsync(start, end, asked, size, cancellationToken).ConfigureAwait(false);
            foreach (var letter in page.Select(Read).Where(letter => IsLeft(letter) && (filter is null || filter(letter))))
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    redriven += await RedriveAsync(letter, cancellationToken).ConfigureAwait(false) ? 1 : 0;
                    inARow = 0;
                }
                catch (RedisMessagingException error) when (error.InnerException is RedisServerException && ++inARow < MaxRefusals)
                {
                    // It stays where it is, and keeps none of those behind it.
                    refusal ??= error;
                }
            }

            if (page.Length < asked)
            {
                return refusal is null ? redriven : throw refusal;
            }

            start = "(" + page[^1].Id;
        }
    }

    public async ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return await RunAsync(
            async database => context.IndexesDeadLetters
                ? (long)await TopicCalls.DeleteDeadLetter(_key, context.Keys.DeadLetterIndex, id).RunAsync(database).ConfigureAwait(false)
                : await database.StreamDeleteAsync(_key, [id]).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false) == 1;
    }

    public ValueTask<long> PurgeAsync(CancellationToken cancellationToken = default) =>
        RunAsync(database => DeadLetterTrim.PurgeAsync(context, database), cancellationToken);

    /// <summary>Of one that was trimmed nothing is left to put back.</summary>
    private static bool IsLeft(DeadLetter letter) => letter.Reason != DeadLetterReason.Trimmed || letter.Frame.Length > 0;

    private ValueTask DropOldAsync(IDatabase database) =>
        DeadLetterTrim.WhenAgeIsLimitedAsync(context, database, Instruments.Topic(context.Topic));

    private async ValueTask<bool> RedriveAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await RunAsync(
            _ => transport.RedriveAsync(letter, format.MarkRedriven(letter.Frame, letter.Id), cancellationToken).AsTask(),
            cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<StreamEntry[]> ReadPageAsync(
        RedisValue from,
        RedisValue to,
        int count,
        ReadSize size,
        CancellationToken cancellationToken)
    {
        var sentAt = context.Time.GetTimestamp();
        var page = await RunLargeAsync(
            database => database.StreamRangeAsync(_key, from, to, count),
            cancellationToken).ConfigureAwait(false);
        size.Note(page.Length, page.Sum(entry => entry.Values.Sum(field => field.Value.Length())), sentAt);
        return page;
    }

    private ValueTask<T> RunLargeAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken) =>
        context.Connections.AskLargeAsync($"The dead letters of topic '{context.Topic}'", command, cancellationToken, context.Keys.Pattern);

    private ValueTask<T> RunAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken) =>
        context.Connections.AskAsync($"The dead letters of topic '{context.Topic}'", command, cancellationToken, context.Keys.Pattern);

    private DeadLetter Read(StreamEntry entry)
    {
        ReadOnlyMemory<byte> frame = entry["m"];
        // That it can't be read may be why it is here.
        var position = entry["position"] is { IsNullOrEmpty: false } known ? known.ToString() : null;
        var header = format.Show(frame, new FrameOrigin(position), out var body);
        return new DeadLetter
        {
            Id = entry.Id!,
            Reason = entry["reason"].ToString(),
            Detail = entry["detail"].ToString(),
            Group = entry["group"].ToString(),
            Attempts = entry["starts"].TryParse(out int starts) ? starts : 0,
            DeadSince = DateTimeOffset.FromUnixTimeMilliseconds(entry["at"].TryParse(out long at) ? at : 0),
            Position = position,
            MessageId = header?.MessageId,
            Type = header?.Type,
            Headers = header?.Headers ?? MessageContext.NoHeaders,
            Body = body,
            Frame = frame,
        };
    }
}
