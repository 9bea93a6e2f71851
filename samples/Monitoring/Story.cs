using System.Diagnostics;
using Samples;

namespace Monitoring;

/// <summary>Watches some reporters while one is killed, the watcher's own connection is cut, and one reports more than the watcher can take.</summary>
internal static class Story
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);

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

            await UntilAsync(() => reporters.Keys.All(name => board.Is(name, HostState.Live)) && board.Received >= 60, "three that report");

            board.Say("== web-2 is killed, and web-3 is started");
            reporters["web-2"].Kill();
            reporters.Add("web-3", OwnProgram.Start("report", "web-3"));
            await UntilAsync(() => board.Is("web-2", HostState.Gone) && board.Is("web-3", HostState.Live), "web-2 to be gone");

            board.Say("== Redis cuts the watcher's connection (CLIENT KILL), until something is missed: it comes back within milliseconds");
            for (var since = Stopwatch.StartNew(); board.Missing == 0 && since.Elapsed < Longest;)
            {
                var gaps = board.Gaps;
                await watcher.CutAsync();
                await UntilAsync(() => board.Gaps > gaps, "the gap to be told");
                await Task.Delay(Settle);
            }

            var (missedInGaps, cuts) = (board.Missing, board.Gaps);

            var burst = 10 * watcher.BufferCapacity;
            board.Say($"== The watcher stands still while db-1 reports {burst} times at once, ten times what its buffer holds");
            await watcher.Subscription.PauseAsync();
            await reporters["db-1"].StandardInput.WriteLineAsync($"{Reporter.Burst}{burst}");
            await UntilAsync(() => board.Dropped >= burst - watcher.BufferCapacity, "the full buffer");
            await watcher.Subscription.ResumeAsync();
            await UntilAsync(() => board.Missing == missedInGaps + board.Dropped || board.Gaps > cuts, "every dropped number to be missed");
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

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        for (var since = Stopwatch.StartNew(); !condition();)
        {
            if (since.Elapsed > Longest)
            {
                throw new TimeoutException($"Waited in vain for {what}.");
            }

            await Task.Delay(20);
        }
    }
}
