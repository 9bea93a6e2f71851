using RedisMessaging.Background;
namespace RedisMessaging.Bus.Stopping;

/// <summary>
/// How <c>ShutdownTimeout</c> is divided: handlers run undisturbed, then their tokens are cancelled and they may end, then what is left is
/// given back.
/// </summary>
internal sealed class ShutdownBudget(TimeSpan total, TimeProvider time)
{
    private static readonly TimeSpan LongestGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestClosing = TimeSpan.FromSeconds(1);

    private readonly long _started = time.GetTimestamp();

    public TimeSpan Total => total;

    /// <summary>For how long handlers run before their tokens are cancelled.</summary>
    public TimeSpan Undisturbed => total - Durations.Min(LongestGrace, total / 5);

    /// <summary>For how long a handler may go on once its token was cancelled.</summary>
    public TimeSpan Grace => total - Undisturbed - Closing;

    /// <summary>
    /// What is left for giving back: a second at least, since what is not given back comes again only when its lease has ended.
    /// </summary>
    public TimeSpan LeftForClosing => Longer(LongestClosing, total - time.GetElapsedTime(_started));

    private TimeSpan Closing => Durations.Min(LongestClosing, total / 20);

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
