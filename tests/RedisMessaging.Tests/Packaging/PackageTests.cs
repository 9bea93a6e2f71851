using System.IO.Compression;
using System.Xml.Linq;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Packaging;

/// <summary>What is shipped: read from the package, and used as users use it.</summary>
public sealed class PackageTests(Package package) : IClassFixture<Package>
{
    [Fact]
    public void It_depends_on_what_the_project_names_and_on_nothing_of_the_build()
    {
        using var archive = ZipFile.OpenRead(package.File);
        using var stream = archive.GetEntry("RedisMessaging.nuspec")!.Open();
        var nuspec = XDocument.Load(stream).Root!;
        var groups = nuspec.Descendants().Where(element => element.Name.LocalName == "group").ToList();
        groups.Select(group => group.Attribute("targetFramework")!.Value).Should().Equal("net10.0");
        var dependencies = groups.Single().Elements().ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);

        var project = XDocument.Load(Repository.Path("src", "RedisMessaging", "RedisMessaging.csproj"));
        // Another one in "./build.sh test client".
        var client = Environment.GetEnvironmentVariable("StackExchangeRedisVersion") is { Length: > 0 } tried ? tried : "2.13.23";
        var versions = XDocument.Load(Repository.Path("Directory.Packages.props")).Descendants("PackageVersion").ToDictionary(
            element => element.Attribute("Include")!.Value,
            element => element.Attribute("Version")!.Value.Replace("$(StackExchangeRedisVersion)", client, StringComparison.Ordinal));
        var named = project.Descendants("PackageReference").Where(element => element.Attribute("PrivateAssets")?.Value != "all").Select(element => element.Attribute("Include")!.Value);
        dependencies.Should().BeEquivalentTo(named.ToDictionary(name => name, name => versions[name]));
        dependencies.Should().Contain("StackExchange.Redis", client);
        dependencies.Keys.Where(name => name != "StackExchange.Redis").Should().OnlyContain(name => name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal));
    }

    [Fact]
    public void It_has_the_library_its_documentation_and_the_readme_and_no_other_assembly()
    {
        using var archive = ZipFile.OpenRead(package.File);
        var files = archive.Entries.Select(entry => entry.FullName).ToList();
        files.Where(file => file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)).Should().Equal("lib/net10.0/RedisMessaging.dll");
        files.Should().Contain(["lib/net10.0/RedisMessaging.xml", "README.md"]);
        Read(archive, "README.md").Should().Be(File.ReadAllText(Repository.Path("README.md")));
        Read(archive, "lib/net10.0/RedisMessaging.xml").Should().Contain("M:RedisMessaging.IMessagePublisher.PublishAsync");
        var nuspec = Read(archive, "RedisMessaging.nuspec");
        nuspec.Should().Contain("<readme>README.md</readme>").And.Contain("MIT").And.NotContain("Pipelines.Sockets").And.NotContain("System.IO.Hashing");
    }

    [Fact]
    public void It_has_symbols()
    {
        using var archive = ZipFile.OpenRead(package.SymbolFile);
        archive.Entries.Select(entry => entry.FullName).Should().Contain("lib/net10.0/RedisMessaging.pdb");
    }

    [Fact]
    [Trait("Needs", "Redis")]
    public async Task A_program_outside_of_the_repository_sends_a_message_over_each_transport()
    {
        var server = await RedisServer.SharedAsync();
        using var outside = new TemporaryFolder();
        outside.File("Directory.Build.props", "<Project />");
        outside.File("Program.cs", Program);
        var packages = Path.Combine(outside.Path, "packages");
        // Its own package folder, so that this very package is taken; what this machine has already is not fetched again.
        var cached = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        outside.File("Outside.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RestoreAdditionalProjectSources>{package.Folder}</RestoreAdditionalProjectSources>
                <RestorePackagesPath>{packages}</RestorePackagesPath>
                <RestoreFallbackFolders>{cached}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="RedisMessaging" Version="[{package.Version}]" />
              </ItemGroup>
            </Project>
            """);

        (await Command.RunAsync("dotnet", ["build", "-c", "Release", "--nologo", "-o", Path.Combine(outside.Path, "out")], outside.Path)).MustSucceed();
        Directory.Exists(Path.Combine(packages, "redismessaging", package.Version)).Should().BeTrue("the package came from the folder");
        var run = await Command.RunAsync("dotnet", [Path.Combine(outside.Path, "out", "Outside.dll"), server.ConnectionString, UniquePrefix.Create()], outside.Path, longest: TimeSpan.FromMinutes(1));
        run.MustSucceed().Output.ReplaceLineEndings("\n").Should().Be("PubSub: 안녕\nQueue: 안녕\nStream: 안녕\n");
    }

    private const string Program = """
        using RedisMessaging;
        using StackExchange.Redis;

        Console.OutputEncoding = System.Text.Encoding.UTF8;
        foreach (var transport in Enum.GetValues<TransportKind>())
        {
            var arrived = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var bus = await RedisMessageBus.ConnectAsync(args[0], messaging =>
            {
                messaging.KeyPrefix = args[1];
                messaging.AddTopic<string>($"over-{transport}", transport);
                messaging.AddHandler<string>((text, _, _) =>
                {
                    arrived.TrySetResult(text);
                    return Task.CompletedTask;
                });
            });
            await bus.PublishAsync("안녕");
            Console.WriteLine($"{transport}: {await arrived.Task.WaitAsync(TimeSpan.FromSeconds(20))}");
        }

        using var redis = await ConnectionMultiplexer.ConnectAsync(args[0]);
        foreach (var server in redis.GetServers())
        {
            await foreach (var key in server.KeysAsync(pattern: args[1] + "*"))
            {
                await redis.GetDatabase().KeyDeleteAsync(key);
            }
        }
        """;

    private static string Read(ZipArchive archive, string file)
    {
        using var reader = new StreamReader(archive.GetEntry(file)!.Open());
        return reader.ReadToEnd();
    }
}
