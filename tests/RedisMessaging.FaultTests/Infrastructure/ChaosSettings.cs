using System.Globalization;

namespace RedisMessaging.FaultTests;

/// <summary>What <c>./build.sh chaos SECONDS SEEDS</c> asks for; a minute of one seed where nobody asked.</summary>
internal static class ChaosSettings
{
    public static TimeSpan Duration { get; } = TimeSpan.FromSeconds(double.Parse(Read("SECONDS", "60"), CultureInfo.InvariantCulture));

    public static IReadOnlyList<int> Seeds { get; } =
        [.. Read("SEEDS", "1").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(seed => int.Parse(seed, CultureInfo.InvariantCulture))];

    private static string Read(string name, string otherwise) =>
        Environment.GetEnvironmentVariable("REDIS_MESSAGING_CHAOS_" + name) is { Length: > 0 } value ? value : otherwise;
}
