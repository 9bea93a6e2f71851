namespace RedisMessaging.Configuration.Settings;

/// <summary>Finds the name that a misspelt one was meant to be.</summary>
internal static class Spelling
{
    private const int LongestCompared = 100;

    /// <summary>The known name that differs by the fewest edits; <see langword="null"/> when none is close.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        var nearest = known
            .Select(name => (Name: name, Distance: Distance(word, name)))
            .Where(candidate => candidate.Distance <= Tolerance(Math.Min(word.Length, candidate.Name.Length)))
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        return nearest.Name;
    }

    /// <summary>
    /// As <see cref="Nearest"/>, for names that users choose: <c>shard1</c> and <c>shard2</c> are two names and not one misspelt.
    /// </summary>
    public static string? NearestName(string word, IEnumerable<string> known) =>
        Nearest(word, known.Where(name => !string.Equals(WithoutDigits(name), WithoutDigits(word), StringComparison.OrdinalIgnoreCase)));

    /// <summary>"Did you mean …?", or nothing, as the end of a sentence's text.</summary>
    public static string DidYouMean(string word, IEnumerable<string> known) =>
        Nearest(word, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    /// <summary>How many letters have to be inserted, deleted, replaced or swapped with their neighbour; case does not count.</summary>
    internal static int Distance(string one, string other)
    {
        if (one.Length > LongestCompared || other.Length > LongestCompared)
        {
            return int.MaxValue;
        }

        var table = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            table[i, 0] = i;
        }

        for (var j = 0; j <= other.Length; j++)
        {
            table[0, j] = j;
        }

        for (var i = 1; i <= one.Length; i++)
        {
            for (var j = 1; j <= other.Length; j++)
            {
                var cost = AreEqual(one[i - 1], other[j - 1]) ? 0 : 1;
                table[i, j] = Math.Min(Math.Min(table[i - 1, j] + 1, table[i, j - 1] + 1), table[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && AreEqual(one[i - 1], other[j - 2]) && AreEqual(one[i - 2], other[j - 1]))
                {
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
                }
            }
        }

        return table[one.Length, other.Length];
    }

    private static int Tolerance(int length) => length switch
    {
        <= 2 => 0,
        <= 4 => 1,
        <= 10 => 2,
        _ => 3,
    };

    private static bool AreEqual(char one, char other) => char.ToUpperInvariant(one) == char.ToUpperInvariant(other);

    private static string WithoutDigits(string name) => string.Concat(name.Where(c => !char.IsAsciiDigit(c)));
}
