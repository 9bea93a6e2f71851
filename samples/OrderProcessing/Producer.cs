using Microsoft.Extensions.Configuration;
using RedisMessaging;

namespace OrderProcessing;

/// <summary><c>OrderProcessing produce</c>: publishes orders, and needs to know nothing of those who process them.</summary>
internal static class Producer
{
    private static readonly string[] Customers = ["김민지", "이서준", "박하은", "최도윤", "Ada Lovelace"];
    private static readonly string[] Items = ["사과 한 상자", "제주 감귤 5kg", "햅쌀 10kg", "김치 3kg"];

    public static async Task RunAsync(string[] args)
    {
        using var host = Shop.Build(args);
        await host.StartAsync();
        var producer = Shop.SettingsOf(host)["Name"] ?? "shop";
        var orders = Shop.SettingsOf(host).GetValue<int>("Orders");
        for (var i = 1; i <= orders; i++)
        {
            var order = new Order($"{producer}-{i:000}", Customers[i % Customers.Length], Items[i % Items.Length]);
            await Shop.BusOf(host).PublishAsync(order);
        }

        Console.WriteLine($"{producer}: {orders} orders published");
        await host.StopAsync();
    }
}
