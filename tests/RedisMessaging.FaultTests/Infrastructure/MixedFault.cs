namespace RedisMessaging.FaultTests;

/// <summary>What the random mix does next: drawn from the seed alone, so that the same seed does the same again.</summary>
/// <param name="Calm">How long nothing happens before.</param>
/// <param name="Row">Which row of the matrix it is taken from.</param>
/// <param name="Lasts">How long it lasts, where it lasts.</param>
/// <param name="Choice">Which of several of its kind.</param>
internal sealed record MixedFault(TimeSpan Calm, int Row, TimeSpan Lasts, int Choice)
{
    private static readonly int[] Rows = [1, 4, 6, 8, 9, 11, 18];

    public string Name => Row switch
    {
        1 => $"server killed, back after {Lasts.TotalSeconds:0.0} s",
        4 => $"server frozen for {Lasts.TotalSeconds:0.0} s",
        6 => Choice % 2 == 0 ? "connections killed by the server" : "connections reset",
        8 => $"{1 + (Choice % 3)} replies to each publisher cut",
        9 => Choice % 2 == 0 ? "consumers' links half open" : "publishers' links half open",
        11 => $"a {(Choice % 2 == 0 ? "queue" : "stream")} consumer's process killed",
        _ => "scripts flushed",
    };

    /// <summary>Without end.</summary>
    public static IEnumerable<MixedFault> Draw(int seed)
    {
        var random = new Random(seed);
        while (true)
        {
            yield return new MixedFault(
                TimeSpan.FromSeconds(1 + (2 * random.NextDouble())),
                Rows[random.Next(Rows.Length)],
                TimeSpan.FromSeconds(0.3 + (3 * random.NextDouble())),
                random.Next(6));
        }
    }
}
