using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using RedisMessaging;

namespace Orders;

/// <summary><c>Orders place</c>: publishes what was ordered, once, and knows nothing of the steps.</summary>
internal static class Till
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(30);

    public static async Task RunAsync(string[] args)
    {
        using var host = Shop.Build(args);
        await host.StartAsync();
        var settings = Shop.SettingsOf(host);
        var first = settings.GetValue("from", 1);
        var orders = settings.GetValue<int>("Orders");
        var duplicates = 0;
        for (var number = first; number < first + orders; number++)
        {
            // The id says what happened: the same order published twice is stored once, and each step knows by it what it has done.
            var result = await Shop.BusOf(host).PublishAsync(OrderBook.Order(number), new PublishOptions { MessageId = $"order-{number}" });
            duplicates += result.Duplicate ? 1 : 0;
            await Task.Delay(Pace);
        }

        Console.WriteLine($"placed | orders {first} to {first + orders - 1}{(duplicates == 0 ? "" : $" | {duplicates} of them were placed before")}");
        await host.StopAsync();
    }
}
