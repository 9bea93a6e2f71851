using System.Text.RegularExpressions;
using RedisMessaging.Tests.Packaging;

namespace RedisMessaging.SampleTests.Infrastructure;

/// <summary>The first program of README.md, as its readers make it: a new project outside the repository, the packed package, the page's text pasted.</summary>
public sealed partial class ReadmeProgram : IAsyncLifetime, IDisposable
{
    private readonly Package _package = new();
    private readonly TemporaryFolder _outside = new();

    /// <summary>What the page says the program prints.</summary>
    public static string Output => Block("output");

    /// <summary>Where <c>shop.dll</c> is.</summary>
    public string Folder => Path.Combine(_outside.Path, "shop", "bin", "Debug", "net10.0");

    public async Task InitializeAsync()
    {
        await _package.InitializeAsync();
        // What this machine has of other packages is not fetched again; this package goes into a folder that ends with the test.
        var cached = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var packages = Path.Combine(_outside.Path, "packages");
        _outside.File("NuGet.config", $"""
            <configuration>
              <packageSources>
                <add key="packed" value="{_package.Folder}" />
              </packageSources>
              <fallbackPackageFolders>
                <add key="cached" value="{cached}" />
              </fallbackPackageFolders>
            </configuration>
            """);
        var environment = new Dictionary<string, string> { ["NUGET_PACKAGES"] = packages };

        (await Command.RunAsync("bash", ["-euc", Block("install")], _outside.Path, environment)).MustSucceed();
        var shop = Path.Combine(_outside.Path, "shop");
        await File.WriteAllTextAsync(Path.Combine(shop, "Program.cs"), Block("code") + "\n");
        var build = (await Command.RunAsync("dotnet", ["build", "--nologo"], shop, environment)).MustSucceed();

        build.Output.Should().Contain("0 Warning(s)");
        Directory.Exists(Path.Combine(packages, "redismessaging", _package.Version)).Should().BeTrue("the package came from the folder");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _outside.Dispose();
        _package.Dispose();
    }

    private static string Block(string name) => BlockOf()
        .Matches(File.ReadAllText(Repository.Path("README.md")).ReplaceLineEndings("\n"))
        .Single(match => match.Groups["name"].Value == name).Groups["text"].Value;

    [GeneratedRegex("<!-- program: (?<name>[a-z]+) -->\n```\\w+\n(?<text>.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex BlockOf();
}
