using System.Buffers;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Serialization;

/// <summary>
/// A message type a topic carries, with its names on the wire. Wire data is looked up here and never reaches <c>Type.GetType</c>.
/// </summary>
internal abstract class MessageType(Type type, string name, IReadOnlyList<string> aliases)
{
    public Type Type { get; } = type;

    public string Name { get; } = name;

    public IReadOnlyList<string> Names { get; } = [name, .. aliases];

    public static MessageType Of<T>(string? name, IReadOnlyList<string> aliases)
    {
        var wireName = name ?? WireName.Of(typeof(T));
        foreach (var candidate in aliases.Prepend(wireName))
        {
            WireName.Validate(candidate, typeof(T));
        }

        var names = aliases.Prepend(wireName).GroupBy(candidate => candidate, StringComparer.Ordinal);
        if (names.FirstOrDefault(same => same.Count() > 1) is { } doubled)
        {
            throw new RedisMessagingConfigurationException(
                $"The wire name '{doubled.Key}' was given twice to '{TypeName.Of(typeof(T))}'. Leave it out of the aliases.");
        }

        return new MessageType<T>(wireName, aliases);
    }

    /// <summary>Null when the body says null, which is no message.</summary>
    public abstract object? Deserialize(IMessageSerializer serializer, ReadOnlySequence<byte> body);

    public abstract void Serialize(IMessageSerializer serializer, IBufferWriter<byte> writer, object message);
}
