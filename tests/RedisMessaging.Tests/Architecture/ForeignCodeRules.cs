using System.Diagnostics.Metrics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Architecture;

/// <summary>A user's code is called in guarded places only: it may throw, and must not end a loop of the library.</summary>
public sealed class ForeignCodeRules
{
    /// <summary>Their exceptions are those of StackExchange.Redis and of .NET.</summary>
    private static readonly string[] WithoutForeignExceptions = ["Connections", "Transports", "Configuration", "Background"];

    [Fact]
    public void Exceptions_become_text_in_one_place()
    {
        string[] members = ["get_Message", "get_StackTrace", "get_Data", "get_Source", "get_HelpLink", "GetBaseException"];
        var found = SourceLayout.Types
            .Where(type => type != typeof(ExceptionText) && !WithoutForeignExceptions.Contains(SourceLayout.FolderOf(type)!.Split('/')[0]))
            .SelectMany(type => TypeReferences.CallsOf(type)
                .Where(called => typeof(Exception).IsAssignableFrom(called.DeclaringType) && (members.Contains(called.Name) || called.Name == nameof(ToString)))
                .Select(called => $"{type.Name} calls {called.DeclaringType!.Name}.{called.Name}"));

        found.Should().BeEmpty("an exception's members may be a user's code: ExceptionText guards them");
        TypeReferences.CallsOf(typeof(ExceptionText)).Should().Contain(called => called.Name == "get_Message", "calls are found");
    }

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
    public void Loggers_are_guarded() =>
        Lines(line => line.Contains(".CreateLogger(", StringComparison.Ordinal)).Should().Equal("GuardedLogger.cs");

    [Fact]
    public void Loops_that_have_to_last_are_started_again() =>
        // One ends by itself when all is sent or refused, and tells its publishers whatever happens; the other opens the consumers, once.
        Lines(line => line.Contains("BackgroundLoop.Start(", StringComparison.Ordinal)).Should().BeEquivalentTo("Resender.cs", "BusLifetime.cs");

    private static IEnumerable<string> Lines(Func<string, bool> matches) => Repository.SourceFiles("src", "RedisMessaging")
        .SelectMany(file => File.ReadLines(file).Where(matches).Select(_ => Path.GetFileName(file)));
}
