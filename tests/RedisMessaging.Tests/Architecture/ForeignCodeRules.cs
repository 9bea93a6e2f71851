using System.Diagnostics.Metrics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Architecture;

/// <summary>A user's code is called in guarded places only: it may throw, and must not end a loop of the library.</summary>
public sealed class ForeignCodeRules
{
    [Fact]
    public void Counters_are_guarded()
    {
        var found = SourceLayout.Types
            .Where(type => type != typeof(GuardedCounter) && type != typeof(Instruments))
            .Where(type => TypeReferences.Of(type).Any(IsCounter))
            .Select(type => type.Name);

        found.Should().BeEmpty("a listener of the meter may throw");
        TypeReferences.Of(typeof(GuardedCounter)).Where(IsCounter).Should().NotBeEmpty("they are found");

        static bool IsCounter(Type type) => type.Namespace == typeof(Meter).Namespace && type.Name.Split('`')[0] is "Counter" or "Histogram" or "UpDownCounter" or "Gauge";
    }

    [Fact]
    public void Loggers_are_guarded()
    {
        Lines(line => line.Contains(".CreateLogger(", StringComparison.Ordinal)).Distinct()
            .Should().BeEquivalentTo(["AreaLogger.cs", "DeferredLogger.cs"], "a provider may throw; GuardedLogger stands over both");
        Lines(line => line.Contains("new AreaLogger(", StringComparison.Ordinal) && !line.Contains("new GuardedLogger(", StringComparison.Ordinal))
            .Should().BeEmpty();
    }

    [Fact]
    public void Loops_that_have_to_last_are_started_again() =>
        // These do one thing and end: one sends again and notifies the publishers whatever happens, the other opens the consumers.
        Lines(line => line.Contains("BackgroundLoop.Start(", StringComparison.Ordinal)).Should().BeEquivalentTo("PublishRetrier.cs", "BusLifetime.cs");

    private static IEnumerable<string> Lines(Func<string, bool> matches) => Repository.SourceFiles("src", "RedisMessaging")
        .SelectMany(file => File.ReadLines(file).Where(matches).Select(_ => Path.GetFileName(file)));
}
