using RedisMessaging.Diagnostics;

namespace RedisMessaging;

/// <summary>
/// A handler throws it to say that a message can't be handled, now or later: it is dead-lettered with the reason, without another attempt.
/// On Pub/Sub it is dropped and counted.
/// </summary>
public sealed class DeadLetterException : RedisMessagingException
{
    /// <summary>Makes one.</summary>
    /// <param name="reason">Why: kept beside the message; of more than 8 KiB as much as that, and how long it was.</param>
    /// <param name="innerException">What it comes from, if anything.</param>
    /// <exception cref="ArgumentException"><paramref name="reason"/> is empty, or holds half of a surrogate pair.</exception>
    public DeadLetterException(string reason, Exception? innerException = null)
        : base(reason, innerException)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        BoundedText.ThrowIfHalfAPair(reason);
        Reason = reason;
    }

    /// <summary>Why.</summary>
    public string Reason { get; }
}
