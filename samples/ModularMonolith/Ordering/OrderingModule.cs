using Microsoft.Extensions.DependencyInjection;
using ModularMonolith.Contracts;
using RedisMessaging;

namespace ModularMonolith.Ordering;

/// <summary>Takes orders and publishes them on the shared bus. It knows no other module.</summary>
internal static class OrderingModule
{
    public static IServiceCollection AddOrdering(this IServiceCollection services) => services
        .AddSingleton<OrderDesk>()
        .AddRedisMessagingTopics(messaging => messaging.AddOrders());
}
