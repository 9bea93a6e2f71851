using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using ModularMonolith.Billing;
using ModularMonolith.Ordering;
using ModularMonolith.Returns;
using ModularMonolith.Shipping;
using RedisMessaging;
using Samples;

namespace ModularMonolith;

/// <summary>Orders go through all modules and both buses. Then a fourth module disagrees with the others.</summary>
internal static class Story
{
    private const string AllKeys = "modular-monolith-sample:";

    public static async Task<bool> RunAsync(string[] args)
    {
        using var host = Application.Build(args);
        var settings = Application.SettingsOf(host);
        var orders = settings.GetValue<int>("Orders");
        await KeyCleaner.RemoveAsync(settings.GetConnectionString("redis")!, AllKeys);
        await host.StartAsync();

        Console.WriteLine($"== Three modules in one process, {orders} orders");
        for (var number = 1; number <= orders; number++)
        {
            await Application.Get<OrderDesk>(host).PlaceAsync(number);
        }

        var (ledger, shipments) = (Application.Get<Ledger>(host), Application.Get<Shipments>(host));
        await Patience.UntilAsync(() => shipments.Count == orders, "all orders are shipped");
        Console.WriteLine($"placed {orders}, charged {ledger.Count}, shipped {shipments.Count}");

        Console.WriteLine("== Two buses, each with topics and keys of its own");
        var shop = Application.Get<IMessageBus>(host);
        foreach (var topic in new[] { "orders", "payments" })
        {
            Console.WriteLine($"shared bus    | {topic}: {(await shop.Topic(topic).AsStream().SummarizeHistoryAsync()).Count} messages in the stream");
        }

        await PrintForeignTopicAsync("shared bus   ", shop, BillingModule.Charges);
        await PrintForeignTopicAsync("bus 'billing'", Application.BillingBusOf(host), "orders");
        await host.StopAsync();

        Console.WriteLine("== A module that disagrees with the others is refused");
        return RefusesReturns(args) && ledger.Count == orders;
    }

    /// <summary>A bus does not know another's topics.</summary>
    private static async Task PrintForeignTopicAsync(string name, IMessageBus bus, string topic)
    {
        try
        {
            await bus.PublishToAsync(topic, "nothing");
        }
        catch (RedisMessagingConfigurationException error)
        {
            Console.WriteLine($"{name} | {error.Message.Split(';')[0]}");
        }
    }

    private static bool RefusesReturns(string[] args)
    {
        try
        {
            using var host = Application.Build(args, services => services.AddReturns());
            Console.WriteLine("It was not refused.");
            return false;
        }
        catch (RedisMessagingConfigurationException error)
        {
            Console.WriteLine(error.Message);
            return true;
        }
    }
}
