using System.Diagnostics;
using Samples;

namespace LogCollector;

/// <summary>A part of the story: this program with other arguments, as a process of its own, and what it says.</summary>
internal sealed class Part : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Task _reading;

    private Part(bool echo, string[] arguments)
    {
        _process = OwnProgram.Start(arguments);
        _reading = ReadAsync(echo);
    }

    public static Part Start(bool echo, params string[] arguments) => new(echo, arguments);

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Waits until so many lines are what is looked for.</summary>
    public async Task<bool> SaysAsync(int count, Func<string, bool> isIt)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < Longest && !_reading.IsCompleted; await Task.Delay(20))
        {
            if (Lines.Count(isIt) >= count)
            {
                return true;
            }
        }

        return Lines.Count(isIt) >= count;
    }

    /// <summary>Waits for the end of a part that ends by itself.</summary>
    /// <returns>Whether it ended well.</returns>
    public async Task<bool> EndAsync()
    {
        await _reading.WaitAsync(Longest);
        await _process.WaitForExitAsync();
        return _process.ExitCode == 0;
    }

    /// <summary>Tells a part that runs on to stop.</summary>
    public Task<bool> StopAsync()
    {
        _process.StandardInput.Close();
        return EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync(bool echo)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (echo)
            {
                Console.WriteLine($"    {line}");
            }

            lock (_lock)
            {
                _lines.Add(line);
            }
        }
    }
}
