using System.Globalization;
using Spectre.Console;

namespace Monitoring;

/// <summary>The board as a table: the same one on a terminal and in a file.</summary>
internal static class BoardTable
{
    private static readonly string[] Columns = ["host", "state", "process", "number", "per s", "age", "cpu %", "MB", "GCs", "threads", "missing"];

    public static Table Of(Board board)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in Columns)
        {
            table.AddColumn(column, cell => cell.NoWrap().Alignment = column is "host" or "state" ? Justify.Left : Justify.Right);
        }

        board.Read(hosts =>
        {
            foreach (var host in hosts)
            {
                table.AddRow(RowOf(host));
            }

            return hosts.Count;
        });
        return table;
    }

    /// <summary>Where the numbers went that are missing.</summary>
    public static string Summarize(Board board) =>
        string.Create(CultureInfo.InvariantCulture, $"received {board.Received}, missing {board.Missing}: {board.Dropped} dropped by the full buffer, {board.Missing - board.Dropped} in {board.Gaps} gap(s)");

    private static string[] RowOf(WatchedHost host)
    {
        var vitals = host.Last!;
        return
        [
            Markup.Escape(host.Name),
            host.State switch
            {
                HostState.Live => "[green]live[/]",
                HostState.Silent => $"[yellow]silent for {Text($"{host.Age.TotalSeconds:0.0}")} s[/]",
                _ => "[red]gone[/]",
            },
            Text($"{vitals.ProcessId}"),
            Text($"{vitals.Number}"),
            Text($"{host.Rate}"),
            Text($"{host.Age.TotalSeconds:0.0}"),
            Text($"{vitals.Cpu:0.0}"),
            Text($"{vitals.MemoryBytes / 1048576.0:0}"),
            Text($"{vitals.Collections}"),
            Text($"{vitals.Threads}"),
            host.Missing == 0 ? "0" : Text($"[red]{host.Missing}[/]"),
        ];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
