using System.Diagnostics;
using System.Globalization;

namespace RedisMessaging.Testing;

/// <summary>Directories for servers. Their names tell whose they are, so that a later run removes what a killed one left behind.</summary>
internal static class TemporaryDirectory
{
    private const string Start = "redis-messaging-test-";

    private static readonly TimeSpan LeftBehindAfter = TimeSpan.FromHours(1);
    private static readonly Lazy<bool> LeftBehindRemoved = new(RemoveLeftBehind);

    public static string Create()
    {
        _ = LeftBehindRemoved.Value;
        return Directory.CreateTempSubdirectory($"{Start}{Environment.ProcessId}-").FullName;
    }

    public static void Delete(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A later run tries again.
        }
    }

    private static bool RemoveLeftBehind()
    {
        foreach (var directory in Directory.EnumerateDirectories(Path.GetTempPath(), Start + "*"))
        {
            var owner = Path.GetFileName(directory)[Start.Length..].Split('-')[0];
            if (int.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && !Runs(id)
                && DateTime.UtcNow - Directory.GetLastWriteTimeUtc(directory) > LeftBehindAfter)
            {
                Delete(directory);
            }
        }

        return true;
    }

    private static bool Runs(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
