using System.Diagnostics;

namespace Samples;

/// <summary>This very program as a process of its own: what it prints is heard line by line, and it can be killed. It is to end when its input does.</summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProgram(Process process, string? ready, Action<string> hear)
    {
        _process = process;
        Ended = ReadAsync(ready, hear);
    }

    /// <summary>Ends with the process, when all that it printed was heard: its exit code.</summary>
    public Task<int> Ended { get; }

    /// <summary>Starts it.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <param name="hear">Called with each line, one after the other.</param>
    public static ChildProgram Start(IEnumerable<string> arguments, Action<string> hear) => new(OwnProgram.Start(arguments), null, hear);

    /// <summary>Starts it and waits until it says that it is ready.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <param name="ready">The line that says so.</param>
    /// <param name="hear">Called with each other line, one after the other.</param>
    public static async Task<ChildProgram> StartAsync(IEnumerable<string> arguments, string ready, Action<string> hear)
    {
        var child = new ChildProgram(OwnProgram.Start(arguments), ready, hear);
        await child._ready.Task.WaitAsync(Longest);
        return child;
    }

    /// <summary>Runs one that ends by itself.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <param name="hear">Called with each line.</param>
    public static async Task RunAsync(IEnumerable<string> arguments, Action<string> hear)
    {
        await using var child = Start(arguments, hear);
        await child.Ended.WaitAsync(Longest);
    }

    /// <summary><c>SIGKILL</c>, as a crash or the machine's end: nothing is given back, nothing is said.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await Ended;
    }

    /// <summary>Lets it stop in peace, if it still runs.</summary>
    public Task<int> StopAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
        }

        return Ended;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private async Task<int> ReadAsync(string? ready, Action<string> hear)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == ready)
            {
                _ready.TrySetResult();
            }
            else
            {
                hear(line);
            }
        }

        await _process.WaitForExitAsync();
        _ready.TrySetException(new InvalidOperationException($"It ended before it was ready, with exit code {_process.ExitCode}."));
        return _process.ExitCode;
    }
}
