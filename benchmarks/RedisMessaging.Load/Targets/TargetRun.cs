using RedisMessaging.Load.Measuring;

namespace RedisMessaging.Load.Targets;

/// <summary>What every group is given.</summary>
internal sealed record TargetRun(string Connection, TargetSizes Sizes, Progress Progress);
