using System.Runtime.CompilerServices;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Serialization;

namespace RedisMessaging.Topics.History;

/// <summary>Turns what a transport kept into messages.</summary>
/// <param name="channel">The topic's name, or a member's of a family.</param>
/// <param name="stopping">The bus' own token.</param>
internal sealed class HistoryReader(
    string channel,
    IHistorySource source,
    MessageDecoder decoder,
    PatientCall patient,
    CancellationToken stopping)
{
    private const int LargestPage = 1_000;

    public IAsyncEnumerable<HistoryEntry<T>> ReadAsync<T>(
        HistoryPoint from,
        HistoryPoint to,
        HistoryOptions? options,
        CancellationToken cancellationToken)
    {
        options ??= new HistoryOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PageSize, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.PageSize, LargestPage, nameof(options));
        RequireCarried(typeof(T));
        return ReadRangeAsync<T>(from, to, options, cancellationToken);
    }

    public IAsyncEnumerable<HistoryEntry<T>> TailAsync<T>(HistoryPoint from, CancellationToken cancellationToken)
    {
        RequireCarried(typeof(T));
        return FollowAsync<T>(from, cancellationToken);
    }

    public ValueTask<HistorySummary> SummarizeAsync(CancellationToken cancellationToken) =>
        AskAsync(source.SummarizeAsync(cancellationToken), cancellationToken);

    private async IAsyncEnumerable<HistoryEntry<T>> ReadRangeAsync<T>(
        HistoryPoint first,
        HistoryPoint last,
        HistoryOptions options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (from, to) = (first.IsOpen ? "-" : first.ToString(), last.IsOpen ? "+" : last.ToString());
        // What was read, here or by the caller, up to where there is more: the stream may begin again meanwhile, below that.
        HistoryPoint? remembered = !options.Backwards && last.IsOpen && first.IsPosition ? first : default(HistoryPoint?);
        var size = source.NewReadSize();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = size.CountFor(options.PageSize);
            var page = await AskAsync(
                source.ReadPageAsync(from, to, count, options.Backwards, cancellationToken),
                cancellationToken).ConfigureAwait(false);
            size.Note(page.Count, page.Sum(frame => (long)frame.Frame.Length));
            foreach (var frame in page)
            {
                if (Read<T>(frame) is { } entry)
                {
                    yield return entry;
                }
            }

            if (page.Count == 0
                && remembered is { } place
                && await AskAsync(source.IsBeyondAsync(place, cancellationToken), cancellationToken).ConfigureAwait(false))
            {
                from = first.IsOpen || (first.IsPosition && last.IsOpen) ? "-" : first.ToString();
                remembered = default(HistoryPoint?);
                continue;
            }

            if (page.Count < count)
            {
                yield break;
            }

            remembered = options.Backwards ? default(HistoryPoint?) : HistoryPoint.After(page[^1].Position);

            // "(" leaves the id itself out.
            (from, to) = options.Backwards ? (from, "(" + page[^1].Position) : ("(" + page[^1].Position, to);
        }
    }

    private async IAsyncEnumerable<HistoryEntry<T>> FollowAsync<T>(
        HistoryPoint from,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The bus ends it, too, which does not know who follows.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        var tail = await AskAsync(
            () => patient.RunAsync($"The tail of topic '{channel}'", token => source.OpenTailAsync(from, token).AsTask(), either.Token),
            cancellationToken).ConfigureAwait(false);
        await using (tail.ConfigureAwait(false))
        {
            while (true)
            {
                var frames = await AskAsync(
                    () => RedisFaults.AskAsync(Subject, tail.ReadAsync(either.Token).AsTask(), null, CancellationToken.None).AsTask(),
                    cancellationToken).ConfigureAwait(false);
                foreach (var frame in frames)
                {
                    if (Read<T>(frame) is { } entry)
                    {
                        yield return entry;
                    }
                }
            }
        }
    }

    private HistoryEntry<T>? Read<T>(in HistoryFrame frame)
    {
        MessageContext? context = null;
        try
        {
            var header = decoder.ReadEnvelope(frame.Frame, new FrameOrigin(frame.Position), out var type, out var body);
            if (type is null || !typeof(T).IsAssignableFrom(type.Type))
            {
                return null;
            }

            context = decoder.CreateContext(header, channel, frame.Position, attempt: 0);
            return new HistoryEntry<T>(frame.Position, frame.StoredAt, context, (T)decoder.ReadBody(type, body), null);
        }
        catch (UnhandleableMessageException error)
        {
            return new HistoryEntry<T>(frame.Position, frame.StoredAt, context, default, error.InnerException ?? error);
        }
    }

    private void RequireCarried(Type type)
    {
        var topic = decoder.Topic;
        if (!topic.MessageTypes.Any(carried => type.IsAssignableFrom(carried.Type)))
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}' does not carry '{topic.NameOf(type)}'; it carries {topic.DescribeTypes()}. Ask for one of them, for "
                    + "object, or for a common base type.");
        }
    }

    private string Subject => $"The history of topic '{channel}'";

    private ValueTask<T> AskAsync<T>(ValueTask<T> answer, CancellationToken cancellationToken) =>
        new(AskAsync(() => RedisFaults.AskAsync(Subject, answer.AsTask(), null, cancellationToken).AsTask(), cancellationToken));

    private async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception) when (stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw BusDisposed.Error();
        }
    }
}
