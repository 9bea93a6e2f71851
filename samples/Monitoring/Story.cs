using System.Diagnostics;
using Samples;

namespace Monitoring;

/// <summary>Watches some reporters while one is killed, the watcher's own connection is cut, and one reports more than the watcher can take.</summary>
internal static class Story
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Cut = TimeSpan.FromMilliseconds(400);

    public static async Task<bool> RunAsync()
    {
        await using var watcher = await Watcher.StartAsync();
        var board = watcher.Board;
        using var stop = new CancellationTokenSource();
        var showing = Screen.ShowAsync(board, stop.Token);
        var reporters = new Dictionary<string, Process>();
        var isExplained = false;
        try
        {
            board.Say("== Three processes report every 100 ms");
            foreach (var name in new[] { "db-1", "web-1", "web-2" })
            {
                reporters.Add(name, OwnProgram.Start("report", name));
            }

            await Patience.UntilAsync(() => reporters.Keys.All(name => board.Is(name, HostState.Live)) && board.Received >= 60, "three that report");

            board.Say("== web-2 is killed, and web-3 is started");
            reporters["web-2"].Kill();
            reporters.Add("web-3", OwnProgram.Start("report", "web-3"));
            await Patience.UntilAsync(() => board.Is("web-2", HostState.Gone) && board.Is("web-3", HostState.Live), "web-2 to be gone");

            board.Say("== Redis cuts the watcher's connection (CLIENT KILL) for some reports' time: whenever it is back, which takes milliseconds");
            var cuts = 0;
            for (var since = Stopwatch.StartNew(); board.Missing == 0 && since.Elapsed < Longest;)
            {
                await watcher.CutAsync(Cut);
                await Patience.UntilAsync(() => board.Gaps > cuts, "the gap to be told");
                while (cuts != board.Gaps)
                {
                    // There may be several, and the word of one comes once the subscription is live again.
                    cuts = board.Gaps;
                    await Task.Delay(Settle);
                }
            }

            var missedInGaps = board.Missing;

            var burst = 10 * watcher.BufferCapacity;
            board.Say($"== The watcher stands still while db-1 reports {burst} times at once, ten times what its buffer holds");
            await watcher.Subscription.PauseAsync();
            await reporters["db-1"].StandardInput.WriteLineAsync($"{Reporter.Burst}{burst}");
            await Patience.UntilAsync(() => board.Dropped >= burst - watcher.BufferCapacity, "the full buffer");
            await watcher.Subscription.ResumeAsync();
            await Patience.UntilAsync(() => board.Missing == missedInGaps + board.Dropped || board.Gaps > cuts, "every dropped number to be missed");
            await Task.Delay(Settle);
            isExplained = missedInGaps > 0 && board.Gaps == cuts;
            board.Say(isExplained ? "== Every number that is missing is told: in a gap, or dropped and counted" : "WRONG: nothing was missed while the connection was cut, or there was another gap, which nobody asked for");
        }
        catch (TimeoutException late)
        {
            board.Say($"WRONG: {late.Message}");
        }
        finally
        {
            await stop.CancelAsync();
            await showing;
            foreach (var reporter in reporters.Values)
            {
                reporter.StandardInput.Close();
                await reporter.WaitForExitAsync();
                reporter.Dispose();
            }
        }

        return isExplained;
    }
}
