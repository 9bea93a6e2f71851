using System.Diagnostics.CodeAnalysis;
using RedisMessaging.Diagnostics;

namespace RedisMessaging;

/// <summary>An entry of a stream, read without a group: it is not owned by a consumer and can't be acked.</summary>
/// <typeparam name="T">The message type; <see cref="object"/> or a common base for every type the topic carries.</typeparam>
public sealed class HistoryEntry<T>
{
    private readonly T? _message;

    internal HistoryEntry(string position, DateTimeOffset storedAt, MessageContext? context, T? message, Exception? error)
    {
        Position = position;
        StoredAt = storedAt;
        Context = context;
        _message = message;
        Error = error;
    }

    /// <summary>The entry's id: <c>1763712000123-0</c>.</summary>
    public string Position { get; }

    /// <summary>
    /// When Redis stored it, by its clock and to the millisecond: what the position begins with. For a position of the publisher's choice,
    /// whatever that begins with.
    /// </summary>
    public DateTimeOffset StoredAt { get; }

    /// <summary>What is known of the message beside its body; <see langword="null"/> when it has no readable envelope.</summary>
    public MessageContext? Context { get; }

    /// <summary>Why the message could not be read; <see langword="null"/> when <see cref="Message"/> is there.</summary>
    public Exception? Error { get; }

    /// <summary>The message.</summary>
    /// <exception cref="InvalidOperationException">It could not be read: see <see cref="Error"/>.</exception>
    public T Message => Error is null
        ? _message!
        : throw new InvalidOperationException(
            $"The entry {Position} has no readable message: look at Error before Message. {BoundedText.MessageOf(Error)}",
            Error);

    /// <summary>Tells whether the message was read, and hands it out.</summary>
    /// <param name="message">The message when the result is <see langword="true"/>.</param>
    /// <returns><see langword="false"/> when <see cref="Error"/> says why there is none.</returns>
    public bool TryGetMessage([MaybeNullWhen(false)] out T message)
    {
        message = _message;
        return Error is null;
    }
}
