using System.Buffers;

namespace RedisMessaging;

/// <summary>Writes and reads message bodies. The envelope around them is the bus's own.</summary>
/// <remarks>Called from many threads at once.</remarks>
public interface IMessageSerializer
{
    /// <summary>Tells at start-up whether a type can be written and read.</summary>
    /// <param name="type">A message type that a topic carries.</param>
    /// <param name="fix">When the result is <see langword="false"/>: what to do about it, for the error message.</param>
    /// <returns>Whether <see cref="Serialize{T}"/> and <see cref="Deserialize{T}"/> can be called with it.</returns>
    bool CanSerialize(Type type, out string? fix);

    /// <summary>Writes a message's body.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="writer">Where the bytes go.</param>
    /// <param name="message">The message.</param>
    void Serialize<T>(IBufferWriter<byte> writer, T message);

    /// <summary>
    /// Reads a message's body. Any exception means that the body can't be read; the message is dead-lettered, never retried.
    /// </summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="body">The bytes, valid during the call.</param>
    /// <returns>The message; <see langword="null"/> counts as unreadable.</returns>
    T? Deserialize<T>(ReadOnlySequence<byte> body);
}
