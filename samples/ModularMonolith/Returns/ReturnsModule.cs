using Microsoft.Extensions.DependencyInjection;
using ModularMonolith.Contracts;
using RedisMessaging;

namespace ModularMonolith.Returns;

/// <summary>
/// A module with a mistake: it adds the stream of the others as a queue, where it would take the messages away from them.
/// </summary>
internal static class ReturnsModule
{
    public static IServiceCollection AddReturns(this IServiceCollection services) =>
        services.AddRedisMessagingTopics(messaging => messaging.AddQueue<OrderPlaced>("orders"));
}
