using System.Diagnostics;
using System.Text.Json;
using RedisMessaging.Load.Results;
using RedisMessaging.Load.Scenarios;
using RedisMessaging.Load.Ways;

namespace RedisMessaging.Load.Commands;

/// <summary><c>consume …</c>: the second process of a load of two. For <see cref="ProcessConsumption"/>, not for people.</summary>
internal static class ConsumeCommand
{
    public const string Ready = "ready";

    public const string WarmedUp = "warmed up";

    public const string Handled = "handled ";

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var way = AllWays.Named(Enum.Parse<TransportKind>(arguments.Text("--transport", "")), arguments.Text("--way", ""));
        var place = new Place(arguments.Text("--connection", ""), arguments.Text("--prefix", ""));
        await using var consumption = await LocalConsumption.StartAsync(way, place, arguments.Number("--warm-up", 0), arguments.Number("--messages", 1));
        Console.WriteLine(Ready);
        await consumption.WarmedUpAsync();
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        Console.WriteLine(WarmedUp);
        var consumed = await consumption.HandledAsync();
        process.Refresh();
        consumed = consumed with { AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated, ClientMicroseconds = (process.TotalProcessorTime - cpu).TotalMicroseconds };
        Console.WriteLine(Handled + JsonSerializer.Serialize(consumed, new ResultsJson(new JsonSerializerOptions()).Consumed));
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
