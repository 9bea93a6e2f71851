using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace RedisMessaging.Benchmarks;

/// <summary>In this process: a generated project would have to fill a feed's gaps a second time, and the network dwarfs what that isolates.</summary>
internal sealed class InProcess : ManualConfig
{
    public InProcess() => AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(15));
}
