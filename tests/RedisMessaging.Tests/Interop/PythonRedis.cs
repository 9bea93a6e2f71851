using System.ComponentModel;
using System.Diagnostics;

namespace RedisMessaging.Tests.Interop;

/// <summary>A Python that has the module <c>redis</c>.</summary>
internal static class PythonRedis
{
    private static readonly Lazy<string?> Found = new(() => new[] { "python3", "/usr/bin/python3", "python" }.FirstOrDefault(Has));

    public static string? Program => Found.Value;

    private static bool Has(string python)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import redis"]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
