using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace RedisMessaging.Benchmarks;

/// <summary>For what makes a loop of its own, and has to be set up anew for each. In this process: see <see cref="InProcess"/>.</summary>
internal sealed class WithoutLoop : ManualConfig
{
    public WithoutLoop() => AddJob(Job.Default
        .WithToolchain(InProcessEmitToolchain.Instance)
        .WithInvocationCount(1)
        .WithUnrollFactor(1)
        .WithWarmupCount(3)
        .WithIterationCount(10));
}
