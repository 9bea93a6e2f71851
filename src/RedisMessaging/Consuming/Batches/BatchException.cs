using RedisMessaging.Diagnostics;

namespace RedisMessaging;

/// <summary>A batch handler throws it when some of its messages failed, each with an error of its own. The others are acked.</summary>
public sealed class BatchException : RedisMessagingException
{
    /// <summary>Makes one.</summary>
    /// <param name="failures">
    /// The messages that failed, as the handler was given them, and why. Each may be a <see cref="DeadLetterException"/> or a
    /// <see cref="RetryAfterException"/>.
    /// </param>
    public BatchException(IReadOnlyDictionary<MessageContext, Exception> failures)
        : base(Describe(failures), failures.Values.FirstOrDefault()) => Failures = failures;

    /// <summary>The messages that failed, and why.</summary>
    public IReadOnlyDictionary<MessageContext, Exception> Failures { get; }

    private static string Describe(IReadOnlyDictionary<MessageContext, Exception> failures)
    {
        ArgumentNullException.ThrowIfNull(failures);
        return $"{failures.Count} messages of a batch "
            + $"failed{(failures.Values.FirstOrDefault() is { } first ? $", the first with: {BoundedText.MessageOf(first)}" : ".")}";
    }
}
