using RedisMessaging.Background;

namespace RedisMessaging;

/// <summary>What happens to a message whose handler failed.</summary>
/// <remarks>
/// <para>
/// An attempt is the start of a handler. A message that was merely fetched beside one that killed its process loses none. After the last
/// one it becomes a dead letter (queue, stream) or dropped and counted (Pub/Sub, where nothing is kept).
/// </para>
/// <para>
/// Queue and stream: a message that waits for its next attempt waits in Redis (a sorted set beside the topic), moved there in one step with
/// the end of its lease. It holds no place among the handlers and none of the prefetch, outlives the process, and comes back when it is
/// due, by the server's clock, to any consumer of its group. So it is on a queue with <see cref="QueueDelivery.AtMostOnce"/>, except
/// that a message whose move fails is lost. Pub/Sub: it waits in process, holds one of the prefetch, and is lost when the process ends.
/// </para>
/// </remarks>
public sealed class RetryOptions
{
    private List<Func<Exception, bool>> _never = [];
    private int? _maxAttempts;

    /// <summary>
    /// How often a handler is started with a message at the most, the first time included. Default 10; at least 1. A request handler
    /// (<see cref="IRequestHandler{TRequest, TReply}"/>) answers with its first failure unless it is set.
    /// </summary>
    public int MaxAttempts { get => _maxAttempts ?? 10; set => _maxAttempts = value; }

    /// <summary>
    /// How many of the further attempts follow at once, in place, before the waiting begins: the message's place in the order is kept
    /// meanwhile. Default 0. A message that its consumer never settled, maybe having killed it, gets none.
    /// </summary>
    public int ImmediateAttempts { get; set; }

    /// <summary>How long to wait before the next attempt, at first. Default 100 ms.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How the wait grows. Default: it doubles.</summary>
    public RetryBackoff Backoff { get; set; } = RetryBackoff.Exponential;

    /// <summary>The longest wait. Default 30 s.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How much of a wait is left to chance, so that what failed together does not come back together: 0 none, 1 all of it. Default 0.2.
    /// </summary>
    public double Jitter { get; set; } = 0.2;

    /// <summary>Says that an exception means there is no use in trying again: the message is dead-lettered at once.</summary>
    /// <typeparam name="TException">The exception, or what it derives from.</typeparam>
    /// <param name="when">
    /// Which of them; <see langword="null"/> for all. A condition that throws counts as not met, and is logged as an error.
    /// </param>
    /// <returns>These options.</returns>
    public RetryOptions DoNotRetry<TException>(Func<TException, bool>? when = null)
        where TException : Exception
    {
        _never.Add(error => error is TException match && (when is null || when(match)));
        return this;
    }

    /// <summary>Sets what another one has.</summary>
    internal void CopyFrom(RetryOptions other)
    {
        _maxAttempts = other._maxAttempts;
        ImmediateAttempts = other.ImmediateAttempts;
        Delay = other.Delay;
        Backoff = other.Backoff;
        MaxDelay = other.MaxDelay;
        Jitter = other.Jitter;
        _never = other._never;
    }

    internal bool HasOwnMaxAttempts() => _maxAttempts is not null;

    /// <summary>What was set to something else than its default.</summary>
    internal IEnumerable<string> NamesOfChanged()
    {
        var defaults = new RetryOptions();
        (string Name, bool Changed)[] options =
        [
            (nameof(MaxAttempts), HasOwnMaxAttempts()),
            (nameof(ImmediateAttempts), ImmediateAttempts != defaults.ImmediateAttempts),
            (nameof(Delay), Delay != defaults.Delay),
            (nameof(Backoff), Backoff != defaults.Backoff),
            (nameof(MaxDelay), MaxDelay != defaults.MaxDelay),
            (nameof(Jitter), Jitter != defaults.Jitter),
            (nameof(DoNotRetry), _never.Count > 0),
        ];
        return options.Where(option => option.Changed).Select(option => option.Name);
    }

    /// <param name="fault">What a condition threw: it counts as not met, and the others are asked all the same.</param>
    internal bool IsRetryable(Exception error, out Exception? fault)
    {
        fault = null;
        foreach (var never in _never)
        {
            try
            {
                if (never(error))
                {
                    return false;
                }
            }
            catch (Exception thrown)
            {
                fault ??= thrown;
            }
        }

        return true;
    }

    internal TimeSpan DelayAfter(int attempt)
    {
        var growth = Backoff == RetryBackoff.Exponential ? Math.Pow(2, Math.Clamp(attempt - ImmediateAttempts - 1, 0, 30)) : 1;
        var delay = Math.Min(Delay.TotalMilliseconds * growth, MaxDelay.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(delay * (1 - (Jitter * Random.Shared.NextDouble())));
    }

    internal void Validate(string topic, string handler)
    {
        if (MaxAttempts < 1)
        {
            throw Wrong(nameof(MaxAttempts), MaxAttempts, "be 1 at least");
        }

        if (ImmediateAttempts < 0 || ImmediateAttempts >= MaxAttempts)
        {
            throw Wrong(nameof(ImmediateAttempts), ImmediateAttempts, $"be between 0 and MaxAttempts - 1 ({MaxAttempts - 1})");
        }

        if (Delay < TimeSpan.Zero || Delay > MaxDelay)
        {
            throw Wrong(nameof(Delay), Delay, $"be between 0 and MaxDelay ({MaxDelay})");
        }

        if (MaxDelay > TimeSpan.FromDays(1))
        {
            throw Wrong(nameof(MaxDelay), MaxDelay, "be 1 day at most");
        }

        if (Jitter is not (>= 0 and <= 1))
        {
            throw Wrong(nameof(Jitter), Jitter, "be between 0 and 1");
        }

        if (!Enum.IsDefined(Backoff))
        {
            throw Wrong(nameof(Backoff), Backoff, $"be one of {string.Join(", ", Enum.GetNames<RetryBackoff>())}");
        }

        RedisMessagingConfigurationException Wrong(string name, object value, string rule) =>
            new($"Topic '{topic}', {handler}: Retry.{name} is {value}; it must {rule}.");
    }
}
