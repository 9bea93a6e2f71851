using Spectre.Console;
using Spectre.Console.Rendering;

namespace Orders;

/// <summary>What one looks at: on a terminal a table that is always up to date, with what was said last below it; elsewhere the same, printed at the telling moments.</summary>
internal sealed class Board(Overview overview)
{
    private const int LinesBelow = 8;

    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly List<string> _said = [];

    private static bool IsLive => !Console.IsOutputRedirected;

    /// <summary>Shows it until something is over.</summary>
    public async Task ShowAsync(Task until)
    {
        if (!IsLive)
        {
            await until;
            return;
        }

        await AnsiConsole.Live(new Text("")).AutoClear(true).StartAsync(async display =>
        {
            while (!until.IsCompleted)
            {
                display.UpdateTarget(Render(await overview.ReadAsync()));
                await Task.WhenAny(until, Task.Delay(Refresh));
            }
        });

        // What the table covered.
        foreach (var line in Said())
        {
            Console.WriteLine(line);
        }

        await PrintAsync();
        await until;
    }

    public void Say(string line)
    {
        if (!IsLive)
        {
            Console.WriteLine(line);
            return;
        }

        lock (_lock)
        {
            _said.Add(line);
        }
    }

    /// <summary>A telling moment.</summary>
    public Task PrintUnlessLiveAsync() => IsLive ? Task.CompletedTask : PrintAsync();

    public async Task PrintAsync()
    {
        Console.WriteLine($"   {"",-12} {"lag",5} {"pending",7} {"retrying",8} {"dead",5} {"handled",7}");
        foreach (var row in await overview.ReadAsync())
        {
            Console.WriteLine($"   {row.Name,-12} {row.Lag,5} {row.Pending,7} {row.Retrying,8} {row.Dead,5} {row.Handled,7}");
        }
    }

    private Rows Render(IReadOnlyList<GroupRow> rows)
    {
        var table = new Table().RoundedBorder().Title("orders, by group");
        table.AddColumn("group");
        foreach (var column in new[] { "lag", "pending", "retrying", "dead letters", "handled" })
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (var row in rows)
        {
            table.AddRow([new Text(row.Name), Count(row.Lag, Color.Yellow), Count(row.Pending, Color.Yellow), Count(row.Retrying, Color.Orange1), Count(row.Dead, Color.Red), Count(row.Handled, Color.Green)]);
        }

        return new Rows([table, .. Said().TakeLast(LinesBelow).Select(IRenderable (line) => new Text(line))]);
    }

    private static Text Count(long count, Color color) => new($"{count}", count == 0 ? Style.Plain : new Style(color));

    private string[] Said()
    {
        lock (_lock)
        {
            return [.. _said];
        }
    }
}
