using Microsoft.Extensions.DependencyInjection;
using RedisMessaging;
using Samples;

namespace Resilience;

/// <summary>Has the gateway fail in three ways, one after the other.</summary>
internal static class Story
{
    private const int Orders = 20;

    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(3);

    public static async Task<bool> RunAsync(IServiceProvider services)
    {
        var bus = services.GetRequiredService<IMessageBus>();
        var gateway = services.GetRequiredService<CardGateway>();
        var ledger = services.GetRequiredService<Ledger>();

        Console.WriteLine("== The gateway stumbles: every second call fails once");
        await ChargeAsync(bus, first: 1);
        await Patience.UntilAsync(() => ledger.Count == Orders, "the first orders");
        Console.WriteLine($"charged | {ledger.Count} orders, at most {ledger.MostAttempts} attempt each, {ledger.Calls} calls");

        Console.WriteLine($"== The gateway is down for {Outage.TotalSeconds:0} s");
        var calls = ledger.Calls;
        gateway.IsDown = true;
        await ChargeAsync(bus, first: Orders + 1);
        await Task.Delay(Outage);
        Console.WriteLine($"down    | {ledger.Calls - calls} calls for {Orders} orders, {await bus.Topic("charges").DeadLetters.CountAsync()} given up");
        gateway.IsDown = false;
        await Patience.UntilAsync(() => ledger.Count == 2 * Orders, "the orders of the outage");
        Console.WriteLine($"up      | {ledger.Count} orders charged, at most {ledger.MostAttempts} attempts each");

        Console.WriteLine("== A card that has expired");
        await bus.PublishAsync(new Charge(99, "expired"));
        await Patience.UntilAsync(() => ledger.GivenUp.Count == 1, "the order to be given up");
        Console.WriteLine($"charged {ledger.Count} of {2 * Orders}, given up: order {string.Join(", ", ledger.GivenUp)}");
        return ledger.Count == 2 * Orders;
    }

    private static async Task ChargeAsync(IMessageBus bus, int first) =>
        await bus.PublishManyAsync(Enumerable.Range(first, Orders).Select(number => new Charge(number, "valid")));
}
