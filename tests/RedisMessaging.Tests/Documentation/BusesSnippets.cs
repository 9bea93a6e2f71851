using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging.Tests.Support;
using StackExchange.Redis;

// The code of docs/configuration.md on several buses and modules, compiled; ReadmeTests compares them.
namespace RedisMessaging.Tests.Documentation;

#region keyed-bus
public sealed class Checkout([FromKeyedServices("orders")] IMessageBus orders, IMessageBus shared)
{
    public async Task PlaceAsync(OrderPlaced order, CancellationToken cancellationToken)
    {
        await orders.PublishAsync(order, cancellationToken);
        await shared.PublishAsync(new SendEmail(order.Customer, "Thank you"), cancellationToken);
    }
}
#endregion

internal static class BusesSnippets
{
    public static void Named(IServiceCollection services, IConfiguration configuration)
    {
        #region named-buses
        services.AddRedisMessaging("redis", messaging => messaging.AddQueue<SendEmail>("emails"));                       // the bus without a name
        services.AddRedisMessaging("orders", "redis-orders:6379", messaging => messaging.AddStream<OrderPlaced>("orders"));
        services.AddRedisMessaging("audit", configuration.GetSection("Audit:Messaging"), messaging => messaging.AddStream<AuditEntry>("entries"));
        #endregion
    }

    public static void OverOwnConnection(IServiceCollection services, Action<RedisMessagingBuilder> configure)
    {
        #region named-multiplexer
        services.AddRedisMessaging("orders", provider => provider.GetRequiredKeyedService<IConnectionMultiplexer>("orders"), configure);
        #endregion
    }

    #region modules
    public static IServiceCollection AddShipping(this IServiceCollection services) => services
        .AddRedisMessagingTopics(messaging => messaging
            .AddStream<OrderShipped>("shipments"))
        .AddRedisMessagingTopics("orders", messaging => messaging
            .AddStream<OrderPlaced>("orders")
            .AddHandler<OrderPlaced, ShipOrder>(handler => handler.Group = "shipping"));
    #endregion

    private sealed record AuditEntry(string Text);

    private sealed class ShipOrder : IMessageHandler<OrderPlaced>
    {
        public ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
