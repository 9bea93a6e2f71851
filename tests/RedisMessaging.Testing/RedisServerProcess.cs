using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RedisMessaging.Testing;

/// <summary>A <c>redis-server</c> from the PATH, on a free port of this machine, with a directory of its own. It dies with this process, however that ends.</summary>
internal sealed partial class RedisServerProcess : OwnRedisServer
{
    private const int SigCont = 18;
    private const int SigStop = 19;
    private const int SigStopOnMac = 17;
    private const int SigContOnMac = 19;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);
    private static readonly string? Executable = FindOnPath("redis-server");
    private static readonly string? SetPriv = OperatingSystem.IsLinux() ? FindOnPath("setpriv") : null;

    private readonly int _port;
    private readonly IReadOnlyList<string> _settings;
    private readonly string? _configuration;
    private readonly string _directory;
    private Process? _process;

    private RedisServerProcess(int port, IReadOnlyList<string> settings, string? configuration)
    {
        _port = port;
        _settings = settings;
        _directory = TemporaryDirectory.Create();
        if (configuration is not null)
        {
            _configuration = Path.Combine(_directory, "redis.conf");
            File.WriteAllText(_configuration, configuration);
        }

        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    public static bool IsInstalled => Executable is not null;

    public override string ConnectionString => $"127.0.0.1:{_port}";

    /// <param name="settings">As on the command line.</param>
    /// <param name="configuration">What a configuration file says, for a server that has to have one; it may write there.</param>
    public static async Task<OwnRedisServer> StartAsync(IReadOnlyList<string> settings, string? configuration = null)
    {
        const int attempts = 5;
        for (var attempt = 1; ; attempt++)
        {
            // Somebody may take the port between our look and the server's: then the server ends at once, and another port is tried.
            var server = new RedisServerProcess(FreePort.Find(), settings, configuration);
            try
            {
                await server.StartAsync();
                return server;
            }
            catch (InvalidOperationException) when (attempt < attempts)
            {
                await server.DisposeAsync();
            }
        }
    }

    public override async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    public override async Task RestartAsync()
    {
        await KillAsync();
        await StartAsync();
    }

    public override Task PauseAsync() => Signal(OperatingSystem.IsMacOS() ? SigStopOnMac : SigStop);

    public override Task ResumeAsync() => Signal(OperatingSystem.IsMacOS() ? SigContOnMac : SigCont);

    public override async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        await KillAsync();
        TemporaryDirectory.Delete(_directory);
    }

    private static string? FindOnPath(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, OperatingSystem.IsWindows() ? name + ".exe" : name))
        .FirstOrDefault(File.Exists);

    private async Task StartAsync()
    {
        var process = await ProcessParent.StartAsync(Command());
        _process = process;
        var started = TimeProvider.System.GetTimestamp();
        while (!await RedisPing.AnswersAsync(_port))
        {
            if (process.HasExited || TimeProvider.System.GetElapsedTime(started) > StartTimeout)
            {
                var log = Path.Combine(_directory, "redis.log");
                throw new InvalidOperationException($"redis-server did not start on port {_port}. {(File.Exists(log) ? await File.ReadAllTextAsync(log) : "It wrote no log.")}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    private ProcessStartInfo Command()
    {
        // setpriv becomes the server: one process, one id.
        string[] start = SetPriv is null ? [Executable!] : [SetPriv, "--pdeathsig", "KILL", Executable!];
        string[] all =
        [
            .. start,
            .. _configuration is null ? (string[])[] : [_configuration],
            "--port", $"{_port}",
            "--bind", "127.0.0.1",
            "--dir", _directory,
            "--logfile", "redis.log",
            "--daemonize", "no",
            "--enable-debug-command", "yes",
            .. _settings,
        ];
        var command = new ProcessStartInfo(all[0]) { UseShellExecute = false };
        foreach (var argument in all[1..])
        {
            command.ArgumentList.Add(argument);
        }

        return command;
    }

    private Task Signal(int signal)
    {
        var process = _process ?? throw new InvalidOperationException("redis-server does not run.");
        return Kill(process.Id, signal) == 0
            ? Task.CompletedTask
            : throw new InvalidOperationException($"Signal {signal} could not be sent: error {Marshal.GetLastPInvokeError()}.");
    }

    private void OnProcessExit(object? sender, EventArgs e)
    {
        _process?.Kill();
        _process?.WaitForExit();
        TemporaryDirectory.Delete(_directory);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
