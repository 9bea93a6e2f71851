using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RedisMessaging.Bus;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Serialization;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing;

/// <summary>The publish pipeline: filters, envelope, transport, and what the outcome means.</summary>
internal sealed class Publisher(PublishFilters filters, PublishLimits limits, string source, TimeProvider time, Instruments instruments)
{
    private const int SendAtOnce = AtomicPublish.Most;
    private const int MostBytesAtOnce = 1 << 20;

    /// <summary>Whether filters have to be awaited before a message can be encoded.</summary>
    public bool HasFilters => filters.Any;

    public ValueTask<PublishResult> PublishAsync<T>(
        TopicRuntime topic,
        string address,
        T message,
        PublishOptions? options,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var type = topic.Types.Of(message);
        return HasFilters
            ? PublishFilteredAsync(topic, address, type, message!, options, cancellationToken)
            : SendAsync(topic, address, Encode(topic, address, type, message, options), cancellationToken);
    }

    /// <summary>By itself: what its lambda captures would be allocated for every publish, filters or not.</summary>
    private ValueTask<PublishResult> PublishFilteredAsync(
        TopicRuntime topic,
        string address,
        MessageType type,
        object message,
        PublishOptions? options,
        CancellationToken cancellationToken)
    {
        var context = new PublishContext(address, message, type.Type, options);
        return MessagePipelines.Publish(
            filters.Get(),
            (published, token) => SendAsync(topic, address, Encode(topic, address, type, published), token))(context, cancellationToken);
    }

    /// <summary>Publishes a message that asks for a reply.</summary>
    /// <param name="expect">Told its id before it is sent.</param>
    public ValueTask<PublishResult> RequestAsync<T>(
        TopicRuntime topic,
        string address,
        T message,
        PublishOptions options,
        string replyTo,
        Action<string> expect,
        CancellationToken cancellationToken)
    {
        var type = topic.Types.Of(message);
        if (!HasFilters)
        {
            return SendExpectedAsync(Encode(topic, address, type, message, options, replyTo), cancellationToken);
        }

        var context = new PublishContext(address, message!, type.Type, options);
        return MessagePipelines.Publish(
            filters.Get(),
            (published, token) => SendExpectedAsync(Encode(topic, address, type, published, replyTo), token))(context, cancellationToken);

        ValueTask<PublishResult> SendExpectedAsync(OutgoingFrame frame, CancellationToken token)
        {
            expect(frame.MessageId);
            return SendAsync(topic, address, frame, token);
        }
    }

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
        using var chunks = messages.Chunk(SendAtOnce).GetEnumerator();
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
    /// What can't be encoded is that message's own failure, and the others go on, except where all of them are stored or none.
    /// </summary>
    /// <exception cref="PublishException">The one fate of all, and nothing was stored: see <see cref="AtomicPublish"/>.</exception>
    private async ValueTask<(PublishOutcome[] Outcomes, bool MayRetry)> SendChunkAsync<T>(
        TopicRuntime topic,
        string address,
        OutgoingMessage<T>[] chunk,
        bool isWhole,
        bool mayRetry,
        CancellationToken cancellationToken)
    {
        var outcomes = new PublishOutcome[chunk.Length];
        var frames = new List<OutgoingFrame>(chunk.Length);
        var encoded = new List<int>(chunk.Length);
        for (var i = 0; i < chunk.Length; i++)
        {
            var messageId = chunk[i].Options?.MessageId;
            Exception? error = null;
            try
            {
                ArgumentNullException.ThrowIfNull(chunk[i].Message, "messages");
                var frame = await EncodeAsync(
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
                ResultOf(messageId, results[i]),
                results[i].Error is not null ? Describe(topic, messageId, results[i]) : null);
        }

        Count(topic, results);
        return allOrNone && outcomes.FirstOrDefault(outcome => outcome.Error is not null).Error is { } fate
            ? throw fate
            : (outcomes, mayRetry);
    }

    /// <summary>In parts that a command may have, all on their way at once: the line keeps their order.</summary>
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
        while (end < frames.Length && bytes + frames[end].Bytes.Length <= MostBytesAtOnce)
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

    /// <summary>Filters and envelope of a message that is sent later.</summary>
    public async ValueTask<OutgoingFrame> EncodeAsync<T>(
        TopicRuntime topic,
        string address,
        MessageType type,
        T message,
        PublishOptions? options,
        CancellationToken cancellationToken)
    {
        if (!HasFilters)
        {
            return Encode(topic, address, type, message, options);
        }

        OutgoingFrame? frame = null;
        var context = new PublishContext(address, message!, type.Type, options);
        await MessagePipelines.Publish(filters.Get(), (published, _) =>
        {
            frame = Encode(topic, address, type, published);
            return ValueTask.FromResult(new PublishResult(frame.Value.MessageId));
        })(context, cancellationToken).ConfigureAwait(false);
        return frame
            ?? throw new PublishRefusedException(address, context.MessageId ?? "(none yet)", "a publish filter did not pass it on.");
    }

    /// <exception cref="PublishRefusedException">The message exceeds a limit, or asks for what its topic's transport can't do.</exception>
    public OutgoingFrame Encode<T>(
        TopicRuntime topic,
        string address,
        MessageType type,
        T message,
        PublishOptions? options,
        string? replyTo = null)
    {
        var header = Header(
            type,
            options?.MessageId,
            options?.Key,
            options?.CorrelationId,
            options?.Headers) with { ExpiresAtMs = Expiry(options?.TimeToLive, options?.Delay, options?.NotBefore), ReplyTo = replyTo };
        PublishLimits.Check(address, header);
        PublishLimits.CheckTimeToLive(address, header.MessageId, options?.TimeToLive);
        topic.Format.Check(address, header, options?.MessageId is not null);
        var bytes = Write(topic, address, header, type, message);
        return Frame(
            topic,
            address,
            header.MessageId,
            bytes,
            options?.MessageId is not null,
            options?.Delay,
            options?.NotBefore,
            options?.ExpectedVersion,
            options?.Position);
    }

    private OutgoingFrame Encode(TopicRuntime topic, string address, MessageType type, PublishContext context, string? replyTo = null)
    {
        var header = Header(
            type,
            context.MessageId,
            context.Key,
            context.CorrelationId,
            context.HeadersOrNull) with { ExpiresAtMs = Expiry(context.TimeToLive, context.Delay, context.NotBefore), ReplyTo = replyTo };
        PublishLimits.Check(address, header);
        PublishLimits.CheckTimeToLive(address, header.MessageId, context.TimeToLive);
        topic.Format.Check(address, header, context.MessageId is not null);
        return Frame(
            topic,
            address,
            header.MessageId,
            Write(topic, address, header, type, context.Message),
            context.MessageId is not null,
            context.Delay,
            context.NotBefore,
            context.ExpectedVersion,
            context.Position);
    }

    private static ReadOnlyMemory<byte> Write<T>(TopicRuntime topic, string address, in EnvelopeHeader header, MessageType type, T message)
    {
        try
        {
            return type.Type == typeof(T)
                ? topic.Format.Write(address, header, type, message)
                : topic.Format.Write(address, header, type, (object)message!);
        }
        catch (Exception error) when (error is not (RedisMessagingException or OperationCanceledException))
        {
            // A serializer is foreign code: what it throws says nothing of where the message was to go.
            throw new PublishRefusedException(
                address,
                header.MessageId,
                $"its body can't be written as '{TypeName.Of(type.Type)}': {BoundedText.MessageOf(error)}",
                error);
        }
    }

    private OutgoingFrame Frame(
        TopicRuntime topic,
        string address,
        string messageId,
        ReadOnlyMemory<byte> bytes,
        bool idGiven,
        TimeSpan? delay,
        DateTimeOffset? notBefore,
        long? expectedVersion,
        string? position)
    {
        limits.CheckSize(address, messageId, bytes.Length);
        PublishLimits.CheckSchedule(address, topic.Definition.Kind, topic.Transport.Capabilities, messageId, delay, notBefore);
        var asked = PublishLimits.CheckAppend(
            address,
            topic.Definition.Kind,
            topic.Transport.Capabilities,
            messageId,
            expectedVersion,
            position,
            later: delay is not null || notBefore is not null);
        // An id that was made here, too: an attempt whose answer was lost would conflict with itself.
        var remembered = idGiven || expectedVersion is not null || asked is not null;
        return new OutgoingFrame(bytes, messageId)
        {
            IsRented = topic.Format.RentsFrames,
            IsIdempotent = remembered && topic.Transport.Capabilities.Deduplication,
            PublishNumber = remembered ? Random.Shared.Next(OutgoingFrame.PublishNumbers) : 0,
            ExpectedVersion = expectedVersion,
            Position = asked,
            Delay = delay,
            NotBefore = notBefore,
        };
    }

    /// <summary>Counted from when the message is due. Nonsense that is refused afterwards must not overflow.</summary>
    private long? Expiry(TimeSpan? timeToLive, TimeSpan? delay, DateTimeOffset? notBefore)
    {
        if (timeToLive is null)
        {
            return null;
        }

        var now = time.GetUtcNow();
        var due = notBefore > now ? notBefore.Value : now;
        var left = DateTimeOffset.MaxValue - due;
        var wait = delay is null || delay < TimeSpan.Zero ? TimeSpan.Zero : delay < left ? delay.Value : left;
        due += wait;
        left -= wait;
        return (due + (timeToLive < left ? timeToLive.Value : left)).ToUnixTimeMilliseconds();
    }

    private EnvelopeHeader Header(
        MessageType type,
        string? givenId,
        string? key,
        string? correlationId,
        IReadOnlyDictionary<string, string>? headers)
    {
        var now = time.GetUtcNow();
        return new EnvelopeHeader
        {
            MessageId = givenId ?? MessageIds.At(now),
            Type = type.Name,
            PublishedAtMs = now.ToUnixTimeMilliseconds(),
            Source = source,
            Key = key,
            CorrelationId = correlationId,
            Headers = headers,
        };
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<PublishResult> SendAsync(
        TopicRuntime topic,
        string address,
        OutgoingFrame frame,
        CancellationToken cancellationToken)
    {
        var result = await topic.Batcher.SendAsync(address, frame, cancellationToken).ConfigureAwait(false);
        Count(topic, [result]);
        return result.Error is null
            ? ResultOf(frame.MessageId, result)
            : throw Describe(topic, frame.MessageId, result);
    }

    private static PublishResult ResultOf(string messageId, in SendResult sent) =>
        new(
            messageId,
            sent.Receivers,
            sent.Duplicate ? null : sent.Position,
            sent.Duplicate) { Version = sent.Duplicate ? null : sent.Version };

    private void Count(TopicRuntime topic, ReadOnlySpan<SendResult> results)
    {
        int conflicts = 0, failed = 0, duplicates = 0;
        foreach (ref readonly var result in results)
        {
            if (result.Error is not null)
            {
                _ = result.Error is VersionConflictException ? conflicts++ : failed++;
            }
            else if (result.Duplicate)
            {
                duplicates++;
            }
        }

        Count(instruments.Published, topic, results.Length - failed - conflicts - duplicates);
        Count(instruments.Duplicates, topic, duplicates);
        Count(instruments.VersionConflicts, topic, conflicts);
        Count(instruments.PublishFailed, topic, failed);
    }

    private static void Count(GuardedCounter counter, TopicRuntime topic, int count)
    {
        if (count > 0 && counter.Enabled)
        {
            counter.Add(count, Instruments.Topic(topic.Name));
        }
    }

    private static Exception Describe(TopicRuntime topic, string messageId, in SendResult failed) => failed.Error! switch
    {
        RedisMessagingException own => own,
        ObjectDisposedException disposed when !failed.MayBeStored => disposed,
        var error when failed.MayBeStored => new PublishOutcomeUnknownException(topic.Name, messageId, error),
        OperationCanceledException cancelled =>
            new PublishRefusedException(topic.Name, messageId, "publishing was cancelled before it was sent.", cancelled),
        var error => Refused(topic, messageId, error),
    };

    private static PublishRefusedException Refused(TopicRuntime topic, string messageId, Exception error)
    {
        var reason = RedisErrors.Classify(error) switch
        {
            FaultKind.NoPermission =>
                $"{BoundedText.MessageOf(error)}. "
                + $"{AclAdvice.For(BoundedText.MessageOf(error), null, new TopicKeys("*", topic.Definition.Address, topic.Definition.Options.Key).Pattern, topic.Transport.ChannelsOf(topic.Definition.Address))}",
            FaultKind.OutOfMemory =>
                $"Redis is full (maxmemory). It is not stored and can be published again later, once consumers have made room or "
                + $"maxmemory was raised. {BoundedText.MessageOf(error)}",
            _ => BoundedText.MessageOf(error),
        };
        return new PublishRefusedException(topic.Name, messageId, reason, error) { IsTransient = RedisErrors.IsTransient(error) };
    }
}
