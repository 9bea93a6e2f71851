using System.Diagnostics;

namespace RedisMessaging.Load.Measuring;

/// <summary>A line that says what runs, how much is done and how long the rest takes. On a terminal it stays one line.</summary>
/// <param name="steps">How many steps of about the same length there are.</param>
internal sealed class Progress(int steps)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _told;
    private int _done;

    /// <summary>Another step begins; the one before it is done.</summary>
    public void Next(string what)
    {
        var done = _done++;
        if (Console.IsErrorRedirected && done > 0 && Stopwatch.GetElapsedTime(_told) < Pause)
        {
            return;
        }

        _told = Stopwatch.GetTimestamp();
        var elapsed = Stopwatch.GetElapsedTime(_started);
        var left = done == 0 ? "" : $", {elapsed / done * Math.Max(0, steps - done):mm\\:ss} left";
        var line = $"[{done}/{steps}] {what}, {elapsed:mm\\:ss} so far{left}";
        if (Console.IsErrorRedirected)
        {
            Console.Error.WriteLine(line);
        }
        else
        {
            Console.Error.Write($"\r{line,-100}");
        }
    }

    /// <summary>Makes room for what is written next.</summary>
    public void End()
    {
        if (_done > 0 && !Console.IsErrorRedirected)
        {
            Console.Error.Write($"\r{new string(' ', 100)}\r");
        }
    }
}
