using System.Runtime.InteropServices;
using RedisMessaging.Bus;
using RedisMessaging.Publishing.Outcomes;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing;

/// <summary>Publishes many messages in one call, in commands of a bounded size, and keeps the outcome of each.</summary>
internal sealed class ManyPublisher(MessageEncoder encoder, PublishMetrics metrics)
{
    private const int ChunkSize = AtomicPublish.Most;
    private const int MaxBytesAtOnce = 1 << 20;

    public async ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(
        TopicRuntime topic,
        string address,
        IEnumerable<OutgoingMessage<T>> messages,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!topic.Definition.MayCarry(typeof(T)))
        {
            // Tells what it carries instead, also of no messages at all.
            topic.Definition.GetByType(typeof(T));
        }

        var outcomes = new List<PublishOutcome>();
        Exception? first = null;
        var mayRetry = true;
        using var chunks = messages.Chunk(ChunkSize).GetEnumerator();
        for (var more = chunks.MoveNext(); more;)
        {
            var chunk = chunks.Current;
            more = chunks.MoveNext();
            PublishOutcome[] sent;
            try
            {
                (sent, mayRetry) = await SendChunkAsync(
                    topic,
                    address,
                    chunk,
                    isWhole: outcomes.Count == 0 && !more,
                    mayRetry,
                    cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is RedisMessagingException or ObjectDisposedException && outcomes.Count > 0)
            {
                // Not the fate of those that went before.
                sent = Array.ConvertAll(chunk, message => new PublishOutcome(new PublishResult(message.Options?.MessageId ?? ""), error));
            }

            first ??= sent.FirstOrDefault(outcome => outcome.Error is not null).Error;
            outcomes.AddRange(sent);
        }

        if (first is ObjectDisposedException && outcomes.TrueForAll(outcome => outcome.Error is ObjectDisposedException))
        {
            throw first;
        }

        return first is null ? outcomes.ConvertAll(outcome => outcome.Result) : throw new PublishManyException(topic.Name, outcomes, first);
    }

    /// <summary>
    /// A message that can't be encoded fails alone, except where the messages are stored all or none.
    /// </summary>
    /// <exception cref="PublishException">The one outcome of all, and nothing was stored: see <see cref="AtomicPublish"/>.</exception>
    private async ValueTask<(PublishOutcome[] Outcomes, bool MayRetry)> SendChunkAsync<T>(
        TopicRuntime topic,
        string address,
        OutgoingMessage<T>[] chunk,
        bool isWhole,
        bool mayRetry,
        CancellationToken cancellationToken)
    {
        var outcomes = new PublishOutcome[chunk.Length];
        var (frames, encoded) = await EncodeChunkAsync(topic, address, chunk, outcomes, cancellationToken).ConfigureAwait(false);
        var results = new SendResult[frames.Count];
        var allOrNone = IsAllOrNone(address, chunk, outcomes, frames, isWhole);
        if (frames.Count > 0)
        {
            mayRetry = await SendPartsAsync(
                topic,
                address,
                frames.ToArray(),
                results,
                allOrNone,
                mayRetry,
                cancellationToken).ConfigureAwait(false);
        }

        for (var i = 0; i < results.Length; i++)
        {
            var messageId = outcomes[encoded[i]].Result.MessageId;
            outcomes[encoded[i]] = new PublishOutcome(
                Publisher.ResultOf(messageId, results[i]),
                results[i].Error is not null ? PublishErrors.Describe(topic, messageId, results[i]) : null);
        }

        metrics.Count(topic, results);
        return allOrNone && outcomes.FirstOrDefault(outcome => outcome.Error is not null).Error is { } fate
            ? throw fate
            : (outcomes, mayRetry);
    }

    /// <param name="outcomes">Gets the id of each message, or why it can't be encoded.</param>
    /// <returns>The frames, and which message each of them holds.</returns>
    private async ValueTask<(List<OutgoingFrame> Frames, List<int> Encoded)> EncodeChunkAsync<T>(
        TopicRuntime topic,
        string address,
        OutgoingMessage<T>[] chunk,
        PublishOutcome[] outcomes,
        CancellationToken cancellationToken)
    {
        var frames = new List<OutgoingFrame>(chunk.Length);
        var encoded = new List<int>(chunk.Length);
        for (var i = 0; i < chunk.Length; i++)
        {
            var messageId = chunk[i].Options?.MessageId;
            Exception? error = null;
            try
            {
                ArgumentNullException.ThrowIfNull(chunk[i].Message, "messages");
                var frame = await encoder.EncodeAsync(
                    topic,
                    address,
                    topic.Types.Of(chunk[i].Message),
                    chunk[i].Message,
                    chunk[i].Options,
                    cancellationToken).ConfigureAwait(false);
                messageId = frame.MessageId;
                frames.Add(frame);
                encoded.Add(i);
            }
            catch (Exception refused)
            {
                error = refused;
            }

            outcomes[i] = new PublishOutcome(new PublishResult(messageId ?? ""), error);
        }

        return (frames, encoded);
    }

    /// <summary>Sends parts that fit into a command, all of them at once: the batcher keeps their order.</summary>
    private static async ValueTask<bool> SendPartsAsync(
        TopicRuntime topic,
        string address,
        OutgoingFrame[] frames,
        SendResult[] results,
        bool allOrNone,
        bool mayRetry,
        CancellationToken cancellationToken)
    {
        var sending = new List<Task<bool>>();
        for (int start = 0, end; start < frames.Length; start = end)
        {
            end = allOrNone ? frames.Length : EndOfPart(frames, start);
            sending.Add(
                SendPartAsync(topic, address, frames.AsMemory(start..end), results.AsMemory(start..end), mayRetry, cancellationToken));
        }

        var mayAllRetry = await Task.WhenAll(sending).ConfigureAwait(false);
        return Array.TrueForAll(mayAllRetry, may => may);
    }

    private static async Task<bool> SendPartAsync(
        TopicRuntime topic,
        string address,
        ReadOnlyMemory<OutgoingFrame> frames,
        Memory<SendResult> results,
        bool mayRetry,
        CancellationToken cancellationToken)
    {
        try
        {
            return await topic.Batcher.SendManyAsync(address, frames, results, mayRetry, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // Thrown only before anything was sent; other parts may have been.
            results.Span.Fill(new SendResult(Error: error));
            return mayRetry;
        }
    }

    private static int EndOfPart(OutgoingFrame[] frames, int start)
    {
        var bytes = frames[start].Bytes.Length;
        var end = start + 1;
        while (end < frames.Length && bytes + frames[end].Bytes.Length <= MaxBytesAtOnce)
        {
            bytes += frames[end++].Bytes.Length;
        }

        return end;
    }

    private static bool IsAllOrNone<T>(
        string address,
        OutgoingMessage<T>[] chunk,
        PublishOutcome[] outcomes,
        List<OutgoingFrame> frames,
        bool isWhole)
    {
        var encoded = CollectionsMarshal.AsSpan(frames);
        if (!AtomicPublish.IsAskedOf(encoded) && !chunk.Any(message => message.Options?.ExpectedVersion is not null))
        {
            return false;
        }

        if (outcomes.FirstOrDefault(outcome => outcome.Error is not null).Error is { } error)
        {
            throw error;
        }

        AtomicPublish.Check(address, encoded, isWhole);
        return true;
    }
}
