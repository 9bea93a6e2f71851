using System.Diagnostics;
using Spectre.Console;

namespace Monitoring;

/// <summary>Shows the board: on a terminal five times a second, elsewhere what is new, and the table soon after it.</summary>
internal static class Screen
{
    private const int NewsShown = 10;

    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan TableAfter = TimeSpan.FromMilliseconds(600);

    public static Task ShowAsync(Board board, CancellationToken stop) => Console.IsOutputRedirected ? PrintAsync(board, stop) : RefreshAsync(board, stop);

    private static Task RefreshAsync(Board board, CancellationToken stop)
    {
        var shown = new Queue<string>();
        return AnsiConsole.Live(new Text("")).StartAsync(display => EachTickAsync(
            () =>
            {
                foreach (var line in board.TakeNews())
                {
                    shown.Enqueue(line);
                }

                while (shown.Count > NewsShown)
                {
                    shown.Dequeue();
                }

                var news = shown.Select(line => new Text(line, line.StartsWith('=') ? new Style(decoration: Decoration.Bold) : Style.Plain));
                display.UpdateTarget(new Rows([BoardTable.Of(board), new Text(BoardTable.Summarize(board)), .. news]));
            },
            stop));
    }

    private static async Task PrintAsync(Board board, CancellationToken stop)
    {
        // There is no window to be as wide as, and nobody to see colours.
        AnsiConsole.Profile.Width = 120;
        AnsiConsole.Profile.Capabilities.Ansi = false;
        Stopwatch? sinceNews = null;
        await EachTickAsync(
            () =>
            {
                foreach (var line in board.TakeNews())
                {
                    Console.WriteLine(line);
                    sinceNews ??= Stopwatch.StartNew();
                }

                if (sinceNews?.Elapsed > TableAfter && board.Received > 0 && !stop.IsCancellationRequested)
                {
                    AnsiConsole.Write(BoardTable.Of(board));
                    sinceNews = null;
                }
            },
            stop);
        AnsiConsole.Write(BoardTable.Of(board));
        Console.WriteLine(BoardTable.Summarize(board));
    }

    private static async Task EachTickAsync(Action show, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Refresh);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                show();
            }
        }
        catch (OperationCanceledException)
        {
            show();
        }
    }
}
