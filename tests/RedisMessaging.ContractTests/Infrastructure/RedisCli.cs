using System.Diagnostics;

namespace RedisMessaging.ContractTests;

/// <summary><c>redis-cli</c>, as a program that knows nothing of this library.</summary>
internal sealed class RedisCli : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Task _reading;

    private RedisCli(Process process)
    {
        _process = process;
        _reading = Task.Run(ReadAsync);
    }

    public static bool IsInstalled { get; } = ProcessParent.FindOnPath("redis-cli") is not null;

    /// <summary>What it has written so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Runs one command to its end.</summary>
    /// <returns>What it wrote: of an array the elements, each a line.</returns>
    public static async Task<string> RunAsync(RedisServer server, params string[] command)
    {
        await using var cli = await StartAsync(server, command);
        await Eventually.EndsAsync(cli._process.WaitForExitAsync(), what: string.Join(' ', command));
        await cli._reading;
        return string.Join('\n', cli.Lines);
    }

    /// <summary>Starts a command that waits.</summary>
    public static async Task<RedisCli> StartAsync(RedisServer server, params string[] command)
    {
        var start = ProcessParent.Mortal(["redis-cli", "-h", "127.0.0.1", "-p", server.ConnectionString.Split(':', ',')[1], .. command]);
        start.RedirectStandardOutput = true;
        return new RedisCli(await ProcessParent.StartAsync(start));
    }

    public Task HasAsync(params string[] lines) => Eventually.TrueAsync(() => lines.All(Lines.Contains), what: $"redis-cli says {string.Join(", ", lines)}; it said {string.Join(", ", Lines)}");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }
        }
    }
}
