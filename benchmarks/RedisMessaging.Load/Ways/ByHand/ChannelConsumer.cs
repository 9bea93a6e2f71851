using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>Pub/Sub: StackExchange.Redis' queue of a subscription, in order.</summary>
internal sealed class ChannelConsumer(Place place, Action<ReadOnlyMemory<byte>> handle) : HandConsumer(place, handle)
{
    private ChannelMessageQueue? _queue;

    protected override async Task PrepareAsync(ConnectionMultiplexer connection) => _queue = await connection.GetSubscriber().SubscribeAsync(Place.Channel);

    protected override Task RunAsync()
    {
        // The synchronous callback is the fastest of its ways.
        _queue!.OnMessage(message => Handle(message.Message));
        return Task.CompletedTask;
    }
}
