using System.Diagnostics;
using Samples;

namespace LogCollector;

/// <summary>A part of the story: this program with other arguments, as a process of its own, and what it says.</summary>
internal sealed class Part : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly ChildProgram _program;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];

    private Part(bool echo, string[] arguments) => _program = ChildProgram.Start(arguments, line => Hear(line, echo));

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
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < Longest && !_program.Ended.IsCompleted; await Task.Delay(20))
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
    public async Task<bool> EndAsync() => await _program.Ended.WaitAsync(Longest) == 0;

    /// <summary>Tells a part that runs on to stop.</summary>
    public async Task StopAsync() => await _program.StopAsync().WaitAsync(Longest);

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private void Hear(string line, bool echo)
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
