namespace RedisMessaging.Load.Measuring;

/// <summary>Contenders take turns, so that all meet the same machine; who begins changes from round to round. One round before them warms up and does not count.</summary>
internal static class Rounds
{
    /// <returns>For each contender its samples, round by round.</returns>
    public static async Task<IReadOnlyList<Sample>[]> RunAsync(int rounds, string what, Progress progress, params Func<Task<Sample>>[] contenders)
    {
        var samples = contenders.Select(_ => new List<Sample>(rounds)).ToArray();
        for (var round = 0; round <= rounds; round++)
        {
            progress.Next(round == 0 ? $"{what}, warming up" : $"{what}, round {round} of {rounds}");
            for (var turn = 0; turn < contenders.Length; turn++)
            {
                var contender = round % 2 == 0 ? turn : contenders.Length - 1 - turn;
                var sample = await contenders[contender]();
                if (round > 0)
                {
                    samples[contender].Add(sample);
                }
            }
        }

        return samples;
    }
}
