using Microsoft.Extensions.DependencyInjection;
using ModularMonolith.Contracts;
using RedisMessaging;

namespace ModularMonolith.Shipping;

/// <summary>Ships what is paid. It uses the shared bus alone.</summary>
internal static class ShippingModule
{
    public static IServiceCollection AddShipping(this IServiceCollection services) => services
        .AddSingleton<Shipments>()
        .AddRedisMessagingTopics(messaging => messaging
            .AddPayments()
            .AddHandler<OrderPaid, ShipOrder>(handler => handler.Group = "shipping"));
}
