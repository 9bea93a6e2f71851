using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>The publish pipeline: filters, envelope, transport, and what the outcome means.</summary>
internal sealed class Publisher(IReadOnlyList<IPublishFilter> filters, IMessageSerializer serializer, string source, TimeProvider time, Instruments instruments)
{
    private const int SendAtOnce = 1_000;

    /// <summary>Whether filters have to be awaited before a message can be encoded.</summary>
    public bool HasFilters => filters.Count > 0;

    public ValueTask<PublishResult> PublishAsync<T>(TopicRuntime topic, string address, T message, PublishOptions? options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var type = topic.Definition.GetByType(typeof(T));
        if (!HasFilters)
        {
            var frame = Encode(type, message, options, out var messageId);
            return SendAsync(topic, address, frame, messageId, cancellationToken);
        }

        var context = new PublishContext(address, message!, typeof(T), options);
        return Pipelines.Publish(filters, (published, token) =>
        {
            var frame = Encode(type, published, out var messageId);
            return SendAsync(topic, address, frame, messageId, token);
        })(context, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(TopicRuntime topic, string address, IEnumerable<OutgoingMessage<T>> messages, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var type = topic.Definition.GetByType(typeof(T));
        var outcomes = new List<PublishOutcome>();
        Exception? first = null;
        foreach (var chunk in messages.Chunk(SendAtOnce))
        {
            var sent = await SendChunkAsync(topic, address, type, chunk, cancellationToken).ConfigureAwait(false);
            first ??= sent.FirstOrDefault(outcome => outcome.Error is not null).Error;
            outcomes.AddRange(sent);
        }

        return first is null ? outcomes.ConvertAll(outcome => outcome.Result) : throw new PublishManyException(topic.Name, outcomes, first);
    }

    /// <summary>What can't be encoded is that message's own failure; the others go on.</summary>
    private async ValueTask<PublishOutcome[]> SendChunkAsync<T>(TopicRuntime topic, string address, MessageType type, OutgoingMessage<T>[] chunk, CancellationToken cancellationToken)
    {
        var outcomes = new PublishOutcome[chunk.Length];
        var frames = new List<ReadOnlyMemory<byte>>(chunk.Length);
        var encoded = new List<int>(chunk.Length);
        for (var i = 0; i < chunk.Length; i++)
        {
            var messageId = chunk[i].Options?.MessageId;
            Exception? error = null;
            try
            {
                ArgumentNullException.ThrowIfNull(chunk[i].Message, "messages");
                (var frame, messageId) = await EncodeAsync(type, address, chunk[i].Message, chunk[i].Options, cancellationToken).ConfigureAwait(false);
                frames.Add(frame);
                encoded.Add(i);
            }
            catch (Exception refused)
            {
                error = refused;
            }

            outcomes[i] = new PublishOutcome(new PublishResult(messageId ?? ""), error);
        }

        var results = new SendResult[frames.Count];
        var unsent = false;
        try
        {
            if (frames.Count > 0)
            {
                await topic.Transport.SendAsync(address, frames.ToArray(), results, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is RedisMessagingException or OperationCanceledException || RedisErrors.IsRedisFault(error))
        {
            // A transport throws only before it has sent anything.
            Array.Fill(results, new SendResult(Error: error));
            unsent = true;
        }

        for (var i = 0; i < results.Length; i++)
        {
            var messageId = outcomes[encoded[i]].Result.MessageId;
            outcomes[encoded[i]] = new PublishOutcome(
                new PublishResult(messageId, results[i].Receivers, results[i].Position),
                results[i].Error is { } failed ? Describe(topic, messageId, failed, unsent) : null);
        }

        Count(topic, results);
        return outcomes;
    }

    /// <summary>Filters and envelope of a message that is sent later.</summary>
    public async ValueTask<(ReadOnlyMemory<byte> Frame, string MessageId)> EncodeAsync<T>(MessageType type, string address, T message, PublishOptions? options, CancellationToken cancellationToken)
    {
        string? messageId;
        if (!HasFilters)
        {
            return (Encode(type, message, options, out messageId), messageId);
        }

        byte[]? frame = null;
        messageId = null;
        var context = new PublishContext(address, message!, typeof(T), options);
        await Pipelines.Publish(filters, (published, _) =>
        {
            frame = Encode(type, published, out messageId);
            return ValueTask.FromResult(new PublishResult(messageId));
        })(context, cancellationToken).ConfigureAwait(false);
        return frame is null
            ? throw new PublishRefusedException(address, context.MessageId ?? "(none yet)", "a publish filter did not pass it on.")
            : (frame, messageId!);
    }

    public byte[] Encode<T>(MessageType type, T message, PublishOptions? options, out string messageId) =>
        EnvelopeWriter.Write(Header(type, options?.MessageId, options?.Key, options?.CorrelationId, options?.Headers, out messageId), serializer, message);

    private byte[] Encode(MessageType type, PublishContext context, out string messageId) =>
        EnvelopeWriter.Write(Header(type, context.MessageId, context.Key, context.CorrelationId, context.HeadersOrNull, out messageId), serializer, type, context.Message);

    private EnvelopeHeader Header(MessageType type, string? givenId, string? key, string? correlationId, IReadOnlyDictionary<string, string>? headers, out string messageId)
    {
        var now = time.GetUtcNow();
        messageId = givenId ?? Guid.CreateVersion7(now).ToString("N");
        return new EnvelopeHeader
        {
            MessageId = messageId,
            Type = type.Name,
            PublishedAtMs = now.ToUnixTimeMilliseconds(),
            Source = source,
            Key = key,
            CorrelationId = correlationId,
            Headers = headers,
        };
    }

    private async ValueTask<PublishResult> SendAsync(TopicRuntime topic, string address, byte[] frame, string messageId, CancellationToken cancellationToken)
    {
        var frames = new ReadOnlyMemory<byte>[] { frame };
        var results = new SendResult[1];
        var unsent = false;
        try
        {
            await topic.Transport.SendAsync(address, frames, results, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            results[0] = new SendResult(Error: error);
            unsent = true;
        }

        Count(topic, results);
        return results[0].Error is { } failed
            ? throw Describe(topic, messageId, failed, unsent)
            : new PublishResult(messageId, results[0].Receivers, results[0].Position);
    }

    private void Count(TopicRuntime topic, SendResult[] results)
    {
        var failed = results.Count(result => result.Error is not null);
        if (results.Length > failed)
        {
            instruments.Published.Add(results.Length - failed, Instruments.Topic(topic.Name));
        }

        if (failed > 0)
        {
            instruments.PublishFailed.Add(failed, Instruments.Topic(topic.Name));
        }
    }

    private static RedisMessagingException Describe(TopicRuntime topic, string messageId, Exception error, bool unsent) => error switch
    {
        RedisMessagingException own => own,
        OperationCanceledException when unsent => new PublishRefusedException(topic.Name, messageId, "publishing was cancelled before it was sent.", error),
        _ when !unsent && RedisErrors.MayHaveBeenStored(error) => new PublishOutcomeUnknownException(topic.Name, messageId, error),
        _ when RedisErrors.Classify(error) is RedisErrorKind.NoPermission =>
            new PublishRefusedException(topic.Name, messageId, $"{error.Message}. {AclAdvice.For(error.Message, null, $"*{{{topic.Name}}}:*", "*" + topic.Name)}", error),
        _ => new PublishRefusedException(topic.Name, messageId, error.Message, error),
    };
}
