using RedisMessaging.Load.Messages;

namespace RedisMessaging.Load.Ways;

/// <summary>Through the bus.</summary>
internal sealed class BusWay(TransportKind transport, string name = "bus") : Way(transport, name)
{
    /// <summary>What the consumer holds at the most; <see langword="null"/> for the library's default.</summary>
    public int? Prefetch { get; init; } = 1_000;

    public int Concurrency { get; init; } = 1;

    public override async Task<ISender> OpenSenderAsync(Place place) => new BusSender(await ConnectAsync(place));

    public override async Task<IAsyncDisposable> ConsumeAsync(Place place, Action<LoadMessage> handle)
    {
        var bus = await ConnectAsync(place);
        await bus.SubscribeAsync<LoadMessage>(
            Place.Topic,
            (message, _, _) =>
            {
                handle(message);
                return ValueTask.CompletedTask;
            },
            new SubscribeOptions { Group = Place.Group, Prefetch = Prefetch, Concurrency = Concurrency });
        return bus;
    }

    public ValueTask<RedisMessageBus> ConnectAsync(Place place) => RedisMessageBus.ConnectAsync(place.Connection, messaging =>
    {
        messaging.KeyPrefix = place.Prefix;
        messaging.Application = "RedisMessaging.Load";
        messaging.UseJson(LoadJson.Default);
        messaging.AddTopic<LoadMessage>(Place.Topic, Transport, topic =>
        {
            if (topic is PubSubOptions pubSub)
            {
                // The hand-written one is unbounded: StackExchange.Redis' queue is.
                pubSub.BufferCapacity = 5_000_000;
            }
        });
    });
}
