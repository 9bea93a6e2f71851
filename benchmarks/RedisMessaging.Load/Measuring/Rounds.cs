using System.Diagnostics;

namespace RedisMessaging.Load.Measuring;

/// <summary>
/// Contenders take turns, so that all meet the same machine; who begins changes from round to round. What comes before the first round warms up and does not count: one round at least, and for as long
/// as the runtime takes to compile for speed what runs often.
/// </summary>
internal static class Rounds
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    /// <returns>For each contender its samples, round by round.</returns>
    public static async Task<IReadOnlyList<Sample>[]> RunAsync(int rounds, string what, Progress progress, params Func<Task<Sample>>[] contenders)
    {
        var samples = contenders.Select(_ => new List<Sample>(rounds)).ToArray();
        progress.Next($"{what}, warming up");
        var started = Stopwatch.GetTimestamp();
        do
        {
            foreach (var contender in contenders)
            {
                await contender();
            }
        }
        while (Stopwatch.GetElapsedTime(started) < WarmUp);

        for (var round = 1; round <= rounds; round++)
        {
            progress.Next($"{what}, round {round} of {rounds}");
            for (var turn = 0; turn < contenders.Length; turn++)
            {
                var contender = round % 2 == 0 ? turn : contenders.Length - 1 - turn;
                samples[contender].Add(await contenders[contender]());
            }
        }

        return samples;
    }
}
