using System.Buffers;
using System.Text;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Serialization.Envelope;

namespace RedisMessaging.Serialization.Raw;

/// <summary>
/// Pub/Sub and queue: the value is the body. A <see cref="string"/>, <c>byte[]</c> or <c>ReadOnlyMemory&lt;byte&gt;</c> is the value
/// itself, everything else is what the serializer makes of it.
/// </summary>
internal sealed class RawBodyFormat(TopicDefinition topic, IMessageSerializer serializer, TimeProvider time) : RawFormat(topic, time)
{
    /// <summary>Throws on what is no text: replacing it would change the message.</summary>
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override ReadOnlyMemory<byte> Write(string address, in EnvelopeHeader header, MessageType type, object message)
    {
        switch (message)
        {
            case byte[] bytes when type.Type == typeof(byte[]):
                return bytes.ToArray();
            case ReadOnlyMemory<byte> bytes when type.Type == typeof(ReadOnlyMemory<byte>):
                return bytes.ToArray();
            case string text when type.Type == typeof(string):
                return Encode(address, header, text);
            default:
                var buffer = new ArrayBufferWriter<byte>();
                type.Serialize(serializer, buffer, message);
                return buffer.WrittenSpan.ToArray();
        }
    }

    public override object? ReadBody(MessageType type, ReadOnlyMemory<byte> body)
    {
        if (type.Type == typeof(string))
        {
            return Strict.GetString(body.Span);
        }

        if (type.Type == typeof(byte[]))
        {
            return body.ToArray();
        }

        return type.Type == typeof(ReadOnlyMemory<byte>)
            ? new ReadOnlyMemory<byte>(body.ToArray())
            : type.Deserialize(serializer, new ReadOnlySequence<byte>(body));
    }

    private static byte[] Encode(string address, in EnvelopeHeader header, string text)
    {
        try
        {
            return Strict.GetBytes(text);
        }
        catch (EncoderFallbackException error)
        {
            throw PublishRefusedException.Mistake(
                address,
                header.MessageId,
                $"it is no valid text: half of a surrogate pair at {error.Index}.",
                error);
        }
    }
}
