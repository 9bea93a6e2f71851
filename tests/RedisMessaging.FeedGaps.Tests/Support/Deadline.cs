using System.Diagnostics;

namespace RedisMessaging.FeedGaps.Tests.Support;

/// <summary>How long a test waits for what must come: far longer than it takes, so that reaching it is a failure.</summary>
internal static class Deadline
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static Task Within(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task<T> Within<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    public static async Task Until(Func<bool> condition, string what)
    {
        for (var start = Stopwatch.GetTimestamp(); !condition();)
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
            {
                throw new TimeoutException($"Waited in vain until {what}.");
            }

            await Task.Delay(5);
        }
    }
}
