using System.Diagnostics;

namespace RedisMessaging.Testing;

/// <summary>Whether the redis-server on the PATH knows a publish to a stream that comes again (XADD … IDMP). Redis 8.6 does.</summary>
public static class RepeatingServer
{
    private static readonly Lazy<bool> Known = new(Look);

    public static bool IsOnPath => Known.Value;

    /// <summary>One that knows it refuses the value of the setting; one that does not refuses the setting.</summary>
    private static bool Look()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("redis-server", ["--port", "0", "--stream-idmp-duration", "0"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = process.StandardError.ReadToEndAsync();
            var log = process.StandardOutput.ReadToEnd() + said.GetAwaiter().GetResult();
            process.WaitForExit();
            return log.Contains("must be between", StringComparison.Ordinal);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
