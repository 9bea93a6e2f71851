using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ModularMonolith.Contracts;
using RedisMessaging;

namespace ModularMonolith.Billing;

/// <summary>
/// Charges for orders. Its work lies on a bus of its own, which could be on another Redis; what other modules may know is published on
/// the shared bus.
/// </summary>
internal static class BillingModule
{
    /// <summary>The name of its bus.</summary>
    public const string Bus = "billing";

    public const string Charges = "charges";

    public static IServiceCollection AddBilling(this IServiceCollection services, IConfiguration configuration) => services
        .AddSingleton<Ledger>()
        .AddRedisMessagingTopics(messaging => messaging
            .AddOrders()
            .AddPayments()
            .AddHandler<OrderPlaced, RequestCharge>(handler => handler.Group = "billing"))
        .AddRedisMessaging(Bus, configuration.GetSection("Billing:Messaging"), messaging => messaging
            .UseJson(BillingJson.Default)
            .AddQueue<ChargeCard>(Charges)
            .AddHandler<ChargeCard, ChargeCardHandler>());
}
