using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace RedisMessaging.Benchmarks;

/// <summary>In this process: a generated project takes minutes to build, and the network dwarfs what its isolation gains.</summary>
internal sealed class InProcess : ManualConfig
{
    public InProcess() => AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(15));
}
