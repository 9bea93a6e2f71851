using System.Diagnostics;

namespace RedisMessaging.Testing;

/// <summary>A <c>redis-server</c> from the PATH, on a free port of this machine, with a directory of its own. It dies with this process, however that ends.</summary>
internal sealed class RedisServerProcess : OwnRedisServer
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);
    private static readonly string? Executable = ProcessParent.FindOnPath("redis-server");

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

    private int ProcessId => (_process ?? throw new InvalidOperationException("redis-server does not run.")).Id;

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

    public override Task PauseAsync()
    {
        ProcessSignal.Freeze(ProcessId);
        return Task.CompletedTask;
    }

    public override Task ResumeAsync()
    {
        ProcessSignal.Thaw(ProcessId);
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        await KillAsync();
        TemporaryDirectory.Delete(_directory);
    }

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

    private ProcessStartInfo Command() => ProcessParent.Mortal(
    [
        Executable!,
        .. _configuration is null ? (string[])[] : [_configuration],
        "--port", $"{_port}",
        "--bind", "127.0.0.1",
        "--dir", _directory,
        "--logfile", "redis.log",
        "--daemonize", "no",
        "--enable-debug-command", "yes",
        .. _settings,
    ]);

    private void OnProcessExit(object? sender, EventArgs e)
    {
        _process?.Kill();
        _process?.WaitForExit();
        TemporaryDirectory.Delete(_directory);
    }
}
