using System.Buffers;
using System.Text.Json;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Publishing;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Serialization.Json;

namespace RedisMessaging.Serialization.Raw;

/// <summary>
/// Stream: the message's properties are the fields of an entry. The frame in between is a JSON array of names and values, all of them
/// strings: with their text numbers of any size stay exact, and with their order an entry reads as the message was declared.
/// </summary>
internal sealed class RawFieldsFormat : RawFormat
{
    private readonly IMessageSerializer _serializer;
    private readonly JsonFields _fields;

    /// <exception cref="RedisMessagingConfigurationException">The message type, or its serializer, has no properties to show.</exception>
    public RawFieldsFormat(TopicDefinition topic, IMessageSerializer serializer, TimeProvider time)
        : base(topic, time)
    {
        _serializer = serializer;
        _fields = (
            serializer as JsonMessageSerializer
                ?? throw new RedisMessagingConfigurationException(
                    $"Topic '{topic.Name}': Format is Raw on a stream, where the fields of an entry are the message's properties, and the "
                        + $"serializer '{TypeName.Of(serializer.GetType())}' does not tell them. Use the JSON serializer (leave "
                        + "UseSerializer out), or set Format to Envelope."))
            .DescribeFields(Type.Type)
            ?? throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}': Format is Raw on a stream, where the fields of an entry are the message's properties, and "
                    + $"'{TypeName.Of(Type.Type)}' is not written as a JSON object. Use a class or record with properties or a "
                    + "Dictionary<string, string>, or set Format to Envelope.");
    }

    public override ReadOnlyMemory<byte> Write(string address, in EnvelopeHeader header, MessageType type, object message)
    {
        var json = new ArrayBufferWriter<byte>();
        type.Serialize(_serializer, json, message);
        var frame = JsonFields.ToFrame(json.WrittenSpan, out var fields);
        PublishLimits.CheckFields(address, header.MessageId, fields);
        return frame
            ?? throw PublishRefusedException.Mistake(
                address,
                header.MessageId,
                "all of its properties are null, and a stream entry needs at least one field. Give one of them a value.");
    }

    public override EnvelopeHeader? Show(ReadOnlyMemory<byte> frame, in FrameOrigin origin, out ReadOnlyMemory<byte> body)
    {
        var header = base.Show(frame, origin, out _);
        try
        {
            body = JsonFields.ToText(frame.Span);
        }
        catch (JsonException)
        {
            // Nothing is left of it, or somebody else wrote it.
            body = frame;
        }

        return header;
    }

    public override object? ReadBody(MessageType type, ReadOnlyMemory<byte> body)
    {
        HashSet<string>? texts = null;
        while (true)
        {
            try
            {
                return type.Deserialize(_serializer, new ReadOnlySequence<byte>(_fields.ToObject(body.Span, texts)));
            }
            catch (JsonException error) when (
                _fields.FindAny(error.Path) is { } name && (texts ??= new HashSet<string>(StringComparer.OrdinalIgnoreCase)).Add(name))
            {
                // It looks like JSON and is a string all the same: its type's converter wants one.
            }
        }
    }
}
