namespace RedisMessaging;

/// <summary>A handler throws it to have its message back after a while of its own choice. It counts as an attempt.</summary>
public sealed class RetryAfterException : RedisMessagingException
{
    /// <summary>Makes one.</summary>
    /// <param name="delay">How long to wait; see <see cref="RetryOptions"/> on what waits where.</param>
    /// <param name="innerException">What it comes from, if anything.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="delay"/> is negative or longer than a day.</exception>
    public RetryAfterException(TimeSpan delay, Exception? innerException = null)
        : base($"The handler asks for the message again in {delay}.", innerException)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, TimeSpan.FromDays(1));
        Delay = delay;
    }

    /// <summary>How long to wait.</summary>
    public TimeSpan Delay { get; }
}
