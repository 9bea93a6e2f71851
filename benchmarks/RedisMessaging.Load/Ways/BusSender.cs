using RedisMessaging.Load.Messages;

namespace RedisMessaging.Load.Ways;

/// <summary>Publishes through the bus.</summary>
internal sealed class BusSender(RedisMessageBus bus) : ISender
{
    public Task SendAsync(LoadMessage message) => bus.PublishAsync(message).AsTask();

    public async Task SendAllAsync(MessageSource source)
    {
        while (source.TryTake())
        {
            await bus.PublishAsync(source.Create());
        }
    }

    public ValueTask DisposeAsync() => bus.DisposeAsync();
}
