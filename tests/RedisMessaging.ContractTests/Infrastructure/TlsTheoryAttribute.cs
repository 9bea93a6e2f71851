using System.Diagnostics;

namespace RedisMessaging.ContractTests;

/// <summary>A theory that is skipped where the redis-server on the PATH was built without TLS, or there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TlsTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<string?> Reason = new(Look);

    public TlsTheoryAttribute() => Skip = Reason.Value;

    /// <summary>One without TLS does not know the setting, and says so; one with TLS complains of what else is missing.</summary>
    private static string? Look()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("redis-server", ["--port", "0", "--tls-port", "1", "--tls-cert-file", "/dev/null"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = process.StandardError.ReadToEndAsync();
            var log = process.StandardOutput.ReadToEnd() + said.GetAwaiter().GetResult();
            process.WaitForExit();
            return log.Contains("Bad directive", StringComparison.Ordinal) || log.Contains("Failed finding TLS support", StringComparison.Ordinal) ? "The redis-server on the PATH was built without TLS." : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "There is no redis-server on the PATH to start with TLS.";
        }
    }
}
