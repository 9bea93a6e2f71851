using System.Globalization;
using RedisMessaging.Load.Measuring;
using Spectre.Console;

namespace RedisMessaging.Load.Results;

/// <summary>Samples on the console, one way in each row.</summary>
internal static class SampleTable
{
    public static void Show(string title, IEnumerable<Sample> samples)
    {
        Console.WriteLine(title);
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("way");
        foreach (var heading in new[] { "msg/s", "p50 µs", "p99 µs", "p99.9 µs", "B/msg", "client µs/msg", "server µs/msg" })
        {
            table.AddColumn(heading, column => column.RightAligned().NoWrap());
        }

        foreach (var sample in samples)
        {
            table.AddRow(
                Markup.Escape(sample.Way),
                Number(sample.Rate, "#,0"),
                Number(sample.P50, "#,0"),
                Number(sample.P99, "#,0"),
                Number(sample.P999, "#,0"),
                Number(sample.BytesEach, "#,0"),
                Number(sample.ClientEach, "0.00"),
                Number(sample.ServerEach, "0.00"));
        }

        AnsiConsole.Write(table);
    }

    private static string Number(double value, string format) => value == 0 ? "–" : value.ToString(format, CultureInfo.InvariantCulture);
}
