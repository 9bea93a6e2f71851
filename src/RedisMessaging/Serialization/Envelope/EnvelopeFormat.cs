using System.Buffers;

namespace RedisMessaging.Serialization.Envelope;

/// <summary>A header in front of the body: what docs/envelope.md describes.</summary>
internal sealed class EnvelopeFormat(IMessageSerializer serializer) : FrameFormat
{
    public override void Check(string address, in EnvelopeHeader header, bool idGiven)
    {
        // All of it can be carried.
    }

    public override bool RentsFrames => true;

    public override ReadOnlyMemory<byte> Write<T>(string address, in EnvelopeHeader header, MessageType type, T message) =>
        EnvelopeWriter.Rent(header, serializer, message);

    public override ReadOnlyMemory<byte> Write(string address, in EnvelopeHeader header, MessageType type, object message) =>
        EnvelopeWriter.Rent(header, serializer, type, message);

    public override EnvelopeHeader Read(ReadOnlyMemory<byte> frame, in FrameOrigin origin, out ReadOnlyMemory<byte> body) =>
        EnvelopeReader.Read(frame, out body);

    public override EnvelopeHeader? Show(ReadOnlyMemory<byte> frame, in FrameOrigin origin, out ReadOnlyMemory<byte> body) =>
        EnvelopeReader.ReadIfPossible(frame, out body);

    public override object? ReadBody(MessageType type, ReadOnlyMemory<byte> body) =>
        type.Deserialize(serializer, new ReadOnlySequence<byte>(body));

    public override ReadOnlyMemory<byte> MarkRedriven(ReadOnlyMemory<byte> frame, string deadLetterId) =>
        Redriven.Mark(frame, deadLetterId);
}
