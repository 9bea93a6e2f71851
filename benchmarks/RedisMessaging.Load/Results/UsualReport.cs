using RedisMessaging.Load.Measuring;

namespace RedisMessaging.Load.Results;

/// <summary>What the usual hand-written programs do at a modest rate, by transport.</summary>
internal sealed record UsualReport(Machine Machine, int Rounds, int Rate, IReadOnlyDictionary<string, IReadOnlyList<Sample>> Samples);
