using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Serialization;

/// <summary>Frame to envelope to message type to message, for one consumer.</summary>
internal sealed class MessageDecoder(TopicDefinition topic, string group, IMessageSerializer serializer, TimeProvider time)
{
    private readonly FrameFormat _format = FrameFormat.Of(topic, serializer, time);

    public string Group => group;

    public TopicDefinition Topic => topic;

    /// <summary>Reads the envelope and looks its type up.</summary>
    /// <param name="type">Null when the topic does not know the type and its policy is to ignore such messages.</param>
    /// <exception cref="UnhandleableMessageException">It can't be handled: foreign, broken, newer, of an unknown type.</exception>
    public EnvelopeHeader ReadEnvelope(in Delivery delivery, out MessageType? type, out ReadOnlyMemory<byte> body) =>
        ReadEnvelope(delivery.Frame, new FrameOrigin(delivery.Position, delivery.MadeUpId), out type, out body);

    /// <inheritdoc cref="ReadEnvelope(in Delivery, out MessageType?, out ReadOnlyMemory{byte})"/>
    public EnvelopeHeader ReadEnvelope(
        ReadOnlyMemory<byte> frame,
        in FrameOrigin origin,
        out MessageType? type,
        out ReadOnlyMemory<byte> body)
    {
        var header = _format.Read(frame, origin, out body);
        type = topic.FindByWireName(header.Type);
        return type is null && topic.Options.UnknownTypes != UnknownTypePolicy.Ignore
            ? throw new UnhandleableMessageException(
                DeadLetterReason.UnknownType,
                $"The type '{BoundedText.Name(header.Type)}' is not one that topic '{topic.Name}' carries ({topic.DescribeTypes()}). Add "
                    + "it with Carries, or its old name as an alias.")
            : header;
    }

    /// <summary>Whether a message is past its publisher's TimeToLive, so that it is not delivered.</summary>
    public bool IsExpired(in EnvelopeHeader header) => header.ExpiresAt is { } expires && expires <= time.GetUtcNow();

    /// <summary>
    /// What is expired is dead-lettered, if the topic wants that and its transport keeps anything, unless it is a request, whose asker has
    /// given up; else nothing happens, and it is to be dropped.
    /// </summary>
    /// <exception cref="UnhandleableMessageException">It is to be dead-lettered.</exception>
    public void KeepExpired(in EnvelopeHeader header)
    {
        if (header.ReplyTo is null && topic.Options.OnExpired == ExpiredPolicy.DeadLetter && topic.Capabilities.Durable)
        {
            throw new UnhandleableMessageException(DeadLetterReason.Expired, $"Its TimeToLive was over at {header.ExpiresAt:O}.");
        }
    }

    /// <exception cref="UnhandleableMessageException">The body can't be read.</exception>
    public object ReadBody(MessageType type, ReadOnlyMemory<byte> body)
    {
        object? message;
        try
        {
            message = _format.ReadBody(type, body);
        }
        catch (Exception error)
        {
            throw new UnhandleableMessageException(
                DeadLetterReason.Undecodable,
                $"The body can't be read as '{TypeName.Of(type.Type)}': {BoundedText.MessageOf(error)}",
                error);
        }

        return message
            ?? throw new UnhandleableMessageException(
                DeadLetterReason.Undecodable,
                $"The body says null, which is no '{TypeName.Of(type.Type)}'.");
    }

    public MessageContext CreateContext(in EnvelopeHeader header, InFlightMessage held) =>
        CreateContext(header, held.Delivery.Channel, held.Delivery.Position, held.Starts);

    public MessageContext CreateContext(in EnvelopeHeader header, string channel, string? position, int attempt) => new()
    {
        MessageId = header.UnreadId.IsEmpty ? header.MessageId : null!,
        UnreadId = header.UnreadId,
        Topic = topic.Name,
        Channel = channel,
        Pattern = topic.Pattern,
        Group = group,
        Source = header.Source,
        ExpiresAt = header.ExpiresAt,
        PublishedAt = DateTimeOffset.FromUnixTimeMilliseconds(header.PublishedAtMs),
        Attempt = attempt,
        Headers = header.Headers ?? MessageContext.NoHeaders,
        CorrelationId = header.CorrelationId,
        Key = header.Key,
        RedrivenFrom = header.RedrivenFrom,
        Position = position,
    };
}
