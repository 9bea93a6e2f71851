using RedisMessaging.Bus;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Serialization;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing;

/// <summary>Turns messages into the frames that transports send: publish filters, limits, envelope.</summary>
/// <param name="source">Names this process in every envelope.</param>
internal sealed class MessageEncoder(PublishFilters filters, PublishLimits limits, string source, TimeProvider time)
{
    /// <summary>Whether filters have to be awaited before a message can be encoded.</summary>
    public bool HasFilters => filters.Any;

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
        var header = Header(type, options?.MessageId, options?.Key, options?.CorrelationId, options?.Headers) with
        {
            ExpiresAtMs = Expiry(options?.TimeToLive, options?.Delay, options?.NotBefore),
            ReplyTo = replyTo,
        };
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

    /// <exception cref="PublishRefusedException">What the filters left exceeds a limit, or asks for what the transport can't
    /// do.</exception>
    public OutgoingFrame Encode(TopicRuntime topic, string address, MessageType type, PublishContext context, string? replyTo = null)
    {
        var header = Header(type, context.MessageId, context.Key, context.CorrelationId, context.HeadersOrNull) with
        {
            ExpiresAtMs = Expiry(context.TimeToLive, context.Delay, context.NotBefore),
            ReplyTo = replyTo,
        };
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
        var asked = AppendLimits.Check(
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
}
