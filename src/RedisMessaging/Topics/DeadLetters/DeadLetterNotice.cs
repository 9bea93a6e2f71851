using RedisMessaging.Topics;

namespace RedisMessaging;

/// <summary>What an observer of dead letters is given: a message that a consumer of this process gave up.</summary>
public sealed class DeadLetterNotice
{
    /// <summary>The topic; of a family the name it was registered by.</summary>
    public required string Topic { get; init; }

    /// <summary>The group that gave it up.</summary>
    public required string Group { get; init; }

    /// <summary>The message's id; <see langword="null"/> where nothing of the message could be read.</summary>
    public string? MessageId { get; init; }

    /// <summary>Where it stood in its stream; <see langword="null"/> on other transports, and where that is not known.</summary>
    public string? Position { get; init; }

    /// <summary>How many handler starts it had.</summary>
    public int Attempts { get; init; }

    /// <summary>Why, as in <see cref="DeadLetter.Reason"/>: <c>max-attempts</c>, <c>not-retryable</c>, <c>undecodable</c>,
    /// <c>unknown-type</c>, <c>foreign</c>, <c>newer-envelope</c>, <c>expired</c>, <c>trimmed</c>, <c>unstorable</c>, or the handler's or
    /// reader's own words.</summary>
    public required string Reason { get; init; }

    /// <summary>What exactly went wrong, as in <see cref="DeadLetter.Detail"/>; empty where nothing is known.</summary>
    public string Detail { get; init; } = "";

    /// <summary>
    /// What the handler, or reading the body, failed with in this process; <see langword="null"/> where nothing was thrown here, such as
    /// for a message whose last attempt another process made.
    /// </summary>
    public Exception? Exception { get; init; }

    /// <summary>
    /// What a handler is given beside the message; <see langword="null"/> where its envelope could not be read, or the message was not in
    /// hand.
    /// </summary>
    public MessageContext? Context { get; init; }

    /// <summary>The message; <see langword="null"/> where it was not read.</summary>
    public object? Message { get; init; }
}
