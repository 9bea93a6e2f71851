using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using RedisMessaging.Benchmarks;

// RedisMessaging.Benchmarks -- --filter '*Publish*'     BenchmarkDotNet's own arguments
// RedisMessaging.Benchmarks -- dedup [MESSAGES]         what remembering ids costs, in bytes and in messages a second
// RedisMessaging.Benchmarks -- large [MESSAGES]         bodies of some kilobytes on a queue
// RedisMessaging.Benchmarks -- late [MESSAGES]          how late what is scheduled comes
// RedisMessaging.Benchmarks -- idle [SUBSCRIPTIONS] [Queue|Stream]  what subscriptions cost that have nothing to do
if (args is ["dedup", ..])
{
    await Deduplication.RunAsync(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 50_000);
    return;
}

if (args is ["large", ..])
{
    await LargeBodies.RunAsync(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 40_000);
    return;
}

if (args is ["late", ..])
{
    await Lateness.RunAsync(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 50);
    return;
}

if (args is ["idle", ..])
{
    await IdleCost.RunAsync(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 100, args.Length > 2 ? Enum.Parse<RedisMessaging.TransportKind>(args[2]) : null);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(PublishBenchmarks).Assembly).Run(args, DefaultConfig.Instance.WithArtifactsPath(Path.GetFullPath("BenchmarkDotNet.Artifacts")));
