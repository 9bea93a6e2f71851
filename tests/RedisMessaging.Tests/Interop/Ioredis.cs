using System.ComponentModel;
using System.Diagnostics;
using RedisMessaging.Tests.Support;

namespace RedisMessaging.Tests.Interop;

/// <summary>Node's ioredis, installed from the registry into <c>artifacts/interop</c>, once.</summary>
internal static class Ioredis
{
    private static readonly Lazy<string?> Missing = new(Install);

    public static string Folder { get; } = Repository.Path("artifacts", "interop");

    /// <summary>Why it can't be used; <see langword="null"/> when it can.</summary>
    public static string? WhyNot => Missing.Value;

    /// <summary>Runs a script with it to its end.</summary>
    public static Task<CommandResult> RunAsync(string script, string redisUrl) =>
        Command.RunAsync("node", [script], Folder, new Dictionary<string, string> { ["REDIS_URL"] = redisUrl }, TimeSpan.FromMinutes(1));

    private static string? Install()
    {
        if (ProcessParent.FindOnPath("node") is null || ProcessParent.FindOnPath("npm") is null)
        {
            return "There is no node with npm on the PATH to run ioredis with.";
        }

        if (Directory.Exists(Path.Combine(Folder, "node_modules", "ioredis")))
        {
            return null;
        }

        Directory.CreateDirectory(Folder);
        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["install", "ioredis@5", "--no-audit", "--no-fund", "--no-save", "--fetch-retries=0", "--prefix", Folder])
            {
                WorkingDirectory = Folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var said = npm.StandardError.ReadToEndAsync();
            _ = npm.StandardOutput.ReadToEndAsync();
            if (!npm.WaitForExit(TimeSpan.FromMinutes(1)))
            {
                npm.Kill(entireProcessTree: true);
                return "npm install ioredis did not end within a minute.";
            }

            return npm.ExitCode == 0 ? null : $"npm could not install ioredis: {string.Join(' ', said.GetAwaiter().GetResult().Split('\n').Where(line => line.StartsWith("npm error", StringComparison.Ordinal)).Take(3))}";
        }
        catch (Win32Exception error)
        {
            return $"npm does not start: {error.Message}";
        }
    }
}
