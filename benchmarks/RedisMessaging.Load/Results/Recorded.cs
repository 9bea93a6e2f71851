namespace RedisMessaging.Load.Results;

/// <summary>The figures that later ones are held against.</summary>
/// <param name="Machine">What they were measured on.</param>
/// <param name="Figures">A row's name, and its median.</param>
internal sealed record Recorded(Machine Machine, IReadOnlyDictionary<string, double> Figures);
