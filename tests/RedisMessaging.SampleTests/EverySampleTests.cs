namespace RedisMessaging.SampleTests;

/// <summary>What every sample has, so that somebody who looks for one finds it and can start from it.</summary>
public sealed class EverySampleTests
{
    public static TheoryData<string> Names => [.. Directory.EnumerateDirectories(Repository.Path("samples"))
        .Select(folder => Path.GetFileName(folder)!)
        .Where(name => File.Exists(Repository.Path("samples", name, $"{name}.csproj")))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_has_a_README_with_its_command_and_settings_of_its_own(string name)
    {
        var readme = File.ReadAllText(Repository.Path("samples", name, "README.md"));
        readme.Should().StartWith($"# {name}\n").And.Contain($"./build.sh sample {name}");
        File.ReadAllText(Repository.Path("samples", name, "appsettings.json")).Should().Contain("\"RedisMessaging\"");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_main_README_lists_it_and_the_solution_has_it(string name)
    {
        var readme = File.ReadAllText(Repository.Path("README.md"));
        readme.Should().Contain($"(samples/{name})");
        File.ReadAllText(Repository.Path("RedisMessaging.sln")).Should().Contain($@"samples\{name}\{name}.csproj");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_run_by_a_test(string name) =>
        typeof(EverySampleTests).Assembly.GetTypes().Should().Contain(type => type.Name == $"{name}Tests", "a sample that nothing runs breaks unseen");
}
