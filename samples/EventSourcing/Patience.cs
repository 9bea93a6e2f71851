using System.Diagnostics;

namespace EventSourcing;

/// <summary>Waits for what other processes do.</summary>
internal static class Patience
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var since = Stopwatch.StartNew(); !await condition();)
        {
            if (since.Elapsed > Longest)
            {
                throw new TimeoutException($"Waited in vain for {what}.");
            }

            await Task.Delay(10);
        }
    }
}
