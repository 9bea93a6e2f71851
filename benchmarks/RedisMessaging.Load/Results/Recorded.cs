namespace RedisMessaging.Load.Results;

/// <summary>The figures that later ones of the same machine are held against: even ratios are other ones on another processor.</summary>
/// <param name="Machine">What they were measured on.</param>
/// <param name="Figures">A row's name, and its median.</param>
internal sealed record Recorded(Machine Machine, IReadOnlyDictionary<string, double> Figures)
{
    public static readonly string File = Repository.Path("benchmarks", "recorded.json");

    public bool IsOf(Machine machine) => Machine.Processor == machine.Processor && Machine.Cores == machine.Cores;
}
