using System.Diagnostics;
using Samples;

namespace News;

/// <summary>Starts subscriber and publisher as the programs they are, one after the other, and sums up what arrived.</summary>
internal static class Story
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    public static async Task<bool> RunAsync(string[] args)
    {
        Console.WriteLine("== The subscriber listens to news:sport and to news:*, and the morning's news is published");
        var morning = new List<string>();
        using (var subscriber = OwnProgram.Start(["subscribe", .. args]))
        {
            await ReadUntilAsync(subscriber, line => line == Subscriber.Listening, morning);
            await PublishAsync("morning", args);
            // The sport's news twice, by its name and by the pattern.
            await ReadUntilAsync(subscriber, _ => Arrived(morning) == 4, morning);
            await StopAsync(subscriber);
        }

        Console.WriteLine("== It has gone home, and the night's news is published");
        await PublishAsync("night", args);

        Console.WriteLine("== It is back");
        var night = new List<string>();
        using (var subscriber = OwnProgram.Start(["subscribe", .. args]))
        {
            await ReadUntilAsync(subscriber, line => line == Subscriber.Listening, night);
            // What was kept comes at once; what is gone never does.
            await ReadUntilAsync(subscriber, _ => Arrived(night) == 4, night, TimeSpan.FromSeconds(5));
            await StopAsync(subscriber);
        }

        Console.WriteLine($"arrived: {Arrived(morning)} of 4 while it listened, {Arrived(night)} of 4 that were published while nobody did");
        return Arrived(morning) == 4;
    }

    private static int Arrived(List<string> lines) => lines.Count(line => line.Contains(" | ", StringComparison.Ordinal));

    private static async Task PublishAsync(string edition, string[] args)
    {
        using var publisher = OwnProgram.Start([$"publish-{edition}", .. args]);
        while (await publisher.StandardOutput.ReadLineAsync() is { } line)
        {
            Console.WriteLine($"  {line}");
        }

        await publisher.WaitForExitAsync();
    }

    private static async Task ReadUntilAsync(Process process, Func<string, bool> isEnough, List<string> lines, TimeSpan? within = null)
    {
        using var deadline = new CancellationTokenSource(within ?? Longest);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            {
                Console.WriteLine($"    {line}");
                lines.Add(line);
                if (isEnough(line))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("    (nothing more)");
        }
    }

    private static async Task StopAsync(Process process)
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
    }
}
