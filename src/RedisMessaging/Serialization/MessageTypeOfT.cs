using System.Buffers;

namespace RedisMessaging.Serialization;

/// <summary>
/// Closes the serializer's generic methods over one message type at registration, so that nothing is reflected on per message.
/// </summary>
internal sealed class MessageType<T>(string name, IReadOnlyList<string> aliases) : MessageType(typeof(T), name, aliases)
{
    public override object? Deserialize(IMessageSerializer serializer, ReadOnlySequence<byte> body) => serializer.Deserialize<T>(body);

    public override void Serialize(IMessageSerializer serializer, IBufferWriter<byte> writer, object message) =>
        serializer.Serialize(writer, (T)message);
}
