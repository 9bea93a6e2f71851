using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Serialization.Raw;

namespace RedisMessaging.Serialization;

/// <summary>How a topic's messages stand in frames, which is what transports carry.</summary>
internal abstract class FrameFormat
{
    /// <exception cref="RedisMessagingConfigurationException">The topic's messages can't stand in its format.</exception>
    public static FrameFormat Of(TopicDefinition topic, IMessageSerializer serializer, TimeProvider time) => topic.Options.Format switch
    {
        MessageFormat.Raw when topic.Kind == TransportKind.Stream => new RawFieldsFormat(topic, serializer, time),
        MessageFormat.Raw => new RawBodyFormat(topic, serializer, time),
        _ => new EnvelopeFormat(serializer),
    };

    /// <param name="idGiven">Whether the publisher chose the id.</param>
    /// <exception cref="PublishRefusedException">The header has what the format can't carry.</exception>
    public abstract void Check(string address, in EnvelopeHeader header, bool idGiven);

    /// <summary>
    /// Whether what <see cref="Write{T}(string, in EnvelopeHeader, MessageType, T)"/> returns stands in an array of
    /// <see cref="System.Buffers.ArrayPool{T}.Shared"/>, which gets it back.
    /// </summary>
    public virtual bool RentsFrames => false;

    /// <exception cref="PublishRefusedException">The message can't stand in the format.</exception>
    public virtual ReadOnlyMemory<byte> Write<T>(string address, in EnvelopeHeader header, MessageType type, T message) =>
        Write(address, header, type, (object)message!);

    /// <inheritdoc cref="Write{T}(string, in EnvelopeHeader, MessageType, T)"/>
    public abstract ReadOnlyMemory<byte> Write(string address, in EnvelopeHeader header, MessageType type, object message);

    /// <summary>Reads what a frame says of its message.</summary>
    /// <param name="body">For <see cref="ReadBody"/>.</param>
    /// <exception cref="UnhandleableMessageException">It can't be read, and says why.</exception>
    public abstract EnvelopeHeader Read(ReadOnlyMemory<byte> frame, in FrameOrigin origin, out ReadOnlyMemory<byte> body);

    /// <summary>Reads what a frame says of its message, as far as it can be read: for somebody to look at.</summary>
    /// <param name="body">The body as the publisher's serializer wrote it; all of the frame when that is not known.</param>
    public abstract EnvelopeHeader? Show(ReadOnlyMemory<byte> frame, in FrameOrigin origin, out ReadOnlyMemory<byte> body);

    /// <summary>The message; null if the body is JSON null, which callers treat as unreadable.</summary>
    public abstract object? ReadBody(MessageType type, ReadOnlyMemory<byte> body);

    /// <summary>Says in a frame that it comes from the dead letters, where the format can say that.</summary>
    public abstract ReadOnlyMemory<byte> MarkRedriven(ReadOnlyMemory<byte> frame, string deadLetterId);
}
