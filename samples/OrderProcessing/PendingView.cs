using RedisMessaging;

namespace OrderProcessing;

/// <summary>What XPENDING tells: how much each consumer holds, and for each message who holds it, since when nobody renewed its lease, and how often it was fetched.</summary>
/// <param name="workers">What consumers are called here; Redis knows them by names that are new with each start.</param>
internal sealed class PendingView(IConsumerGroups groups, IReadOnlyDictionary<string, string> workers)
{
    private const int MostRows = 20;

    /// <summary><c>OrderProcessing pending</c>.</summary>
    public static async Task RunAsync(string[] args)
    {
        using var host = Shop.Build(args);
        await host.StartAsync();
        await new PendingView(Shop.BusOf(host).Topic(Shop.Topic).AsStream().Groups, new Dictionary<string, string>()).PrintAsync();
        await host.StopAsync();
    }

    /// <param name="only">The positions to list; <see langword="null"/> for all.</param>
    public async Task PrintAsync(IReadOnlySet<string>? only = null)
    {
        Console.WriteLine($"    {"consumer",-25} {"pending",7} {"idle",8}");
        foreach (var consumer in await groups.ListConsumersAsync(Shop.Group))
        {
            var name = workers.TryGetValue(consumer.Name, out var worker) ? $"{worker} ({consumer.Name})" : consumer.Name;
            Console.WriteLine($"    {name,-25} {consumer.Pending,7} {Seconds(consumer.Idle),8}");
        }

        var pending = (await groups.PeekPendingAsync(Shop.Group)).Where(message => only is null || only.Contains(message.Position)).ToList();
        if (pending.Count > 0)
        {
            Console.WriteLine($"    {"position",-17} {"consumer",-16} {"idle",8} {"deliveries",10}");
        }

        foreach (var message in pending.Take(MostRows))
        {
            Console.WriteLine($"    {message.Position,-17} {workers.GetValueOrDefault(message.Consumer, message.Consumer),-16} {Seconds(message.Idle),8} {message.Deliveries,10}");
        }

        if (pending.Count > MostRows)
        {
            Console.WriteLine($"    … and {pending.Count - MostRows} more");
        }
    }

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds:0.00} s";
}
