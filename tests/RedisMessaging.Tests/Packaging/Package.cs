using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Packaging;

/// <summary>The package as <c>dotnet pack</c> makes it, in a folder of its own and with a version of its own, so that no cache stands in for it.</summary>
public sealed class Package : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Folder => _folder.Path;

    /// <summary>Newer than any that a feed may have, and none before it: <c>dotnet add package</c> takes it.</summary>
    public string Version { get; } = $"1000.0.{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}";

    public string File => Path.Combine(Folder, $"RedisMessaging.{Version}.nupkg");

    public string SymbolFile => Path.Combine(Folder, $"RedisMessaging.{Version}.snupkg");

    // The library was built for this test run already.
    public async Task InitializeAsync() => (await Command.RunAsync(
        "dotnet",
        ["pack", Repository.Path("src", "RedisMessaging", "RedisMessaging.csproj"), "-c", Repository.Configuration, "--no-build", "--nologo", "-o", Folder, $"-p:PackageVersion={Version}"]))
        .MustSucceed();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();
}
