using System.Diagnostics.CodeAnalysis;
using RedisMessaging.Consuming.Reading;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;

namespace RedisMessaging;

/// <summary>
/// A message taken with <see cref="IMessageBus.ReadAsync{T}"/>, where the reader settles it, or one of a batch
/// (<see cref="IBatchHandler{T}"/>), where the handler may.
/// </summary>
/// <typeparam name="T">The message type.</typeparam>
/// <remarks>
/// What a reader neither settles nor extends within the topic's lease is delivered again. Every verb returns <see langword="false"/>
/// when the message was no longer this process's (the lease was lost, or it was settled before).
/// </remarks>
public sealed class ReceivedMessage<T> : MessageContext
{
    private readonly ISettle _settle;
    private readonly T? _message;

    [SetsRequiredMembers]
    internal ReceivedMessage(MessageContext context, ISettle settle, T? message, Exception? error)
    {
        MessageId = context.MessageId;
        Topic = context.Topic;
        Channel = context.Channel;
        Pattern = context.Pattern;
        Source = context.Source;
        PublishedAt = context.PublishedAt;
        ExpiresAt = context.ExpiresAt;
        Attempt = context.Attempt;
        Headers = context.Headers;
        CorrelationId = context.CorrelationId;
        Key = context.Key;
        Position = context.Position;
        RedrivenFrom = context.RedrivenFrom;
        Group = context.Group;
        _settle = settle;
        _message = message;
        Error = error;
    }

    /// <summary>The message.</summary>
    /// <exception cref="InvalidOperationException">The body could not be read: see <see cref="Error"/>.</exception>
    public T Message => Error is null
        ? _message!
        : throw new InvalidOperationException(
            $"Message '{MessageId}' of topic '{Topic}' has no readable body: look at Error before Message. {BoundedText.MessageOf(Error)}",
            Error);

    /// <summary>Why the body could not be read; <see langword="null"/> when <see cref="Message"/> is there.</summary>
    public Exception? Error { get; }

    /// <summary>Says that the message was handled. Stream: <c>XACK</c>; queue: <c>HDEL</c> of the claim; Pub/Sub: nothing to do.</summary>
    /// <param name="cancellationToken">Stops waiting; the ack may be carried out nevertheless.</param>
    /// <returns>
    /// <see langword="false"/> when the lease was lost, or the subscription stopped first: another consumer has the message or gets it.
    /// </returns>
    /// <remarks>
    /// While Redis is away the settlement is sent again until Redis has it. The call waits for that, without an end of its own: pass a
    /// token to wait for less long.
    /// </remarks>
    public ValueTask<bool> AckAsync(CancellationToken cancellationToken = default) => _settle.AckAsync(cancellationToken);

    /// <summary>
    /// Gives the message back to be delivered again, to this group alone. Stream: moved to the group's retry stream; queue: to the back of
    /// the list; Pub/Sub: in process.
    /// </summary>
    /// <param name="delay">
    /// How long to hold it back first. Queue and stream: in Redis, so that it comes back then, by the server's clock, whatever becomes of
    /// this process. Pub/Sub: in this process.
    /// </param>
    /// <param name="cancellationToken">Stops waiting; the nack may be carried out nevertheless.</param>
    /// <returns><see langword="false"/> when the lease was lost, or the subscription stopped first.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="delay"/> is negative.</exception>
    /// <remarks>
    /// While Redis is away the settlement is sent again until Redis has it. The call waits for that, without an end of its own: pass a
    /// token to wait for less long.
    /// </remarks>
    public ValueTask<bool> NackAsync(TimeSpan delay = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return _settle.NackAsync(delay, cancellationToken);
    }

    /// <summary>
    /// Starts the lease again. Stream: <c>XCLAIM … JUSTID</c> by its owner; queue: the consumer's heartbeat; Pub/Sub: nothing to do.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; the extension may be carried out nevertheless.</param>
    /// <returns><see langword="false"/> when the lease was lost.</returns>
    public ValueTask<bool> ExtendAsync(CancellationToken cancellationToken = default) => _settle.ExtendAsync(cancellationToken);

    /// <summary>
    /// Dead-letters the message with a reason, atomically with its ack. Stream and queue: <c>XADD</c> to the topic's dead-letter key;
    /// Pub/Sub: counted and logged, since nothing is kept there.
    /// </summary>
    /// <param name="reason">Why: kept beside the message; of more than 8 KiB as much as that, and how long it was.</param>
    /// <param name="cancellationToken">Stops waiting; the move may be carried out nevertheless.</param>
    /// <returns><see langword="false"/> when the lease was lost, or the subscription stopped first.</returns>
    /// <exception cref="ArgumentException"><paramref name="reason"/> is empty, or holds half of a surrogate pair.</exception>
    /// <remarks>
    /// While Redis is away the settlement is sent again until Redis has it. The call waits for that, without an end of its own: pass a
    /// token to wait for less long.
    /// </remarks>
    public ValueTask<bool> DeadLetterAsync(string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        BoundedText.ThrowIfHalfAPair(reason);
        return _settle.DeadLetterAsync(reason, cancellationToken);
    }

    /// <summary>Tells whether the body was read, and hands it out.</summary>
    /// <param name="message">The message when the result is <see langword="true"/>.</param>
    /// <returns><see langword="false"/> when <see cref="Error"/> says why there is none.</returns>
    public bool TryGetMessage([MaybeNullWhen(false)] out T message)
    {
        message = _message;
        return Error is null;
    }
}
