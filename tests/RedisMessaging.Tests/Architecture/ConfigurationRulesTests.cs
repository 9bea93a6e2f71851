using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Architecture;

/// <summary>Rules that keep what is configured from being ignored, and passwords out of texts.</summary>
public sealed class ConfigurationRulesTests
{
    /// <summary>The configuration binder passes over what it does not know, and reads 5 as five days: settings are read by the tables of <c>Configuration/Settings</c>.</summary>
    [Fact]
    public void No_configuration_is_bound() => FilesWith(".Bind(").Should().BeEmpty();

    /// <summary>StackExchange.Redis shows parts of a password in the errors of its parser.</summary>
    [Fact]
    public void Connection_strings_are_parsed_in_one_place() =>
        FilesWith("ConfigurationOptions.Parse(").Should().BeEquivalentTo("ConnectionSource.cs", "ConnectionText.cs", "RedisUrl.cs");

    /// <summary>Its errors have advice that is wrong here.</summary>
    [Fact]
    public void Connections_are_opened_in_one_place() =>
        FilesWith("ConnectionMultiplexer.ConnectAsync(").Concat(FilesWith("SentinelConnectAsync(")).Distinct().Should().BeEquivalentTo("Multiplexers.cs");

    private static IEnumerable<string> FilesWith(string text) =>
        Repository.SourceFiles("src", "RedisMessaging").Where(file => File.ReadAllText(file).Contains(text, StringComparison.Ordinal)).Select(file => Path.GetFileName(file)!);
}
