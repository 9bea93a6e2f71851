using RedisMessaging;

namespace ModularMonolith.Contracts;

/// <summary>
/// The topics between modules. Each module adds those that it uses: added several times in the same way, a topic is one topic.
/// </summary>
internal static class SharedTopics
{
    public static RedisMessagingBuilder AddOrders(this RedisMessagingBuilder messaging) =>
        messaging.UseJson(ContractsJson.Default).AddStream<OrderPlaced>("orders");

    public static RedisMessagingBuilder AddPayments(this RedisMessagingBuilder messaging) =>
        messaging.UseJson(ContractsJson.Default).AddStream<OrderPaid>("payments");
}
