using System.Globalization;
using System.Text.RegularExpressions;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.FaultTests;

/// <summary>
/// The consumer program with two other builds of the library: one of the very same sources, one whose layouts have the next version. Made from a copy of the
/// sources, so that nothing in the product is there for this alone.
/// </summary>
public sealed partial class OtherBuilds : IAsyncLifetime, IDisposable
{
    public const string SameLayout = "same-layout";
    public const string NextLayout = "next-layout";

    private static readonly string[] RootFiles = [".editorconfig", "Directory.Build.props", "Directory.Packages.props", "README.md", "global.json"];
    private static readonly string[] Folder = ["src", "RedisMessaging"];

    private readonly TemporaryFolder _folder = new();

    /// <summary>The program to give to <see cref="ConsumerProcess"/>.</summary>
    public string Program(string name) => Path.Combine(_folder.Path, name, Path.GetFileName(typeof(OtherBuilds).Assembly.Location));

    public async Task InitializeAsync()
    {
        CopySources();
        await BuildAsync(SameLayout);
        RaiseLayout("Queue", "QueueLayout.cs");
        RaiseLayout("Streams", "StreamLayout.cs");
        await BuildAsync(NextLayout);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    private void CopySources()
    {
        foreach (var file in RootFiles)
        {
            Copy(Repository.Path(file), Path.Combine(_folder.Path, file));
        }

        var from = Repository.Path(Folder);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(from, file);
            if (!relative.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
            {
                Copy(file, Path.Combine([_folder.Path, .. Folder, relative]));
            }
        }
    }

    private void RaiseLayout(string transport, string file)
    {
        var path = Path.Combine(_folder.Path, "src", "RedisMessaging", "Transports", transport, file);
        var source = File.ReadAllText(path);
        LayoutVersion().Matches(source).Should().ContainSingle($"{file} says its version once");
        File.WriteAllText(path, LayoutVersion().Replace(source, match => string.Create(CultureInfo.InvariantCulture, $"const int Version = {int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) + 1};")));
    }

    private async Task BuildAsync(string name)
    {
        // Analyzers and documentation say nothing about how it runs.
        (await Command.RunAsync(
            "dotnet",
            [
                "build", Path.Combine("src", "RedisMessaging"), "-c", Repository.Configuration, "--nologo", "-v:quiet", $"-p:InformationalVersion={name}",
                "-p:RunAnalyzers=false", "-p:GenerateDocumentationFile=false",
            ],
            _folder.Path)).MustSucceed();
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            Copy(file, Path.Combine(_folder.Path, name, Path.GetFileName(file)));
        }

        Copy(
            Directory.EnumerateFiles(Path.Combine(_folder.Path, "src", "RedisMessaging", "bin", Repository.Configuration), "RedisMessaging.dll", SearchOption.AllDirectories).Single(),
            Path.Combine(_folder.Path, name, "RedisMessaging.dll"));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to, overwrite: true);
    }

    [GeneratedRegex(@"const int Version = (\d+);")]
    private static partial Regex LayoutVersion();
}
