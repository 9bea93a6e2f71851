using System.Diagnostics;

namespace RedisMessaging.ContractTests;

/// <summary>A test of what a server does that knows repeats (XADD … IDMP); skipped where the redis-server on the PATH does not, or the other way round.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RepeatFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> IsKnown = new(Look);

    private bool _without;

    public RepeatFactAttribute() => Skip = IsKnown.Value ? null : "The redis-server on the PATH does not know XADD … IDMP. Redis 8.6 does.";

    /// <summary>Shows what becomes of a publish where the server does not know repeats.</summary>
    public bool Without
    {
        get => _without;
        set
        {
            _without = value;
            Skip = value == IsKnown.Value ? "For a server that does (not) know XADD … IDMP; this is another one." : null;
        }
    }

    /// <summary>One that knows them refuses the value of the setting; one that does not refuses the setting.</summary>
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
