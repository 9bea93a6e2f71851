using RedisMessaging.Load.Messages;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>Written by hand with StackExchange.Redis.</summary>
/// <param name="consumer">Makes the consumer, from where it is and what to do with each frame.</param>
internal sealed class HandWay(TransportKind transport, string name, Func<Place, Action<ReadOnlyMemory<byte>>, HandConsumer> consumer) : Way(transport, name)
{
    /// <summary>Whether to publish with <see cref="StackExchange.Redis.CommandFlags.FireAndForget"/>.</summary>
    public bool FireAndForget { get; init; }

    public override async Task<ISender> OpenSenderAsync(Place place) => new HandSender(await place.ConnectAsync(), place, Transport, FireAndForget);

    public override async Task<IAsyncDisposable> ConsumeAsync(Place place, Action<LoadMessage> handle)
    {
        var consuming = consumer(place, frame => handle(MessageFrame.Read(frame)));
        await consuming.StartAsync();
        return consuming;
    }
}
