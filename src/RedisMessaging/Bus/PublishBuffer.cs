using RedisMessaging.Diagnostics;
using RedisMessaging.Publishing;
using RedisMessaging.Topics;

namespace RedisMessaging.Bus;

/// <summary>Takes what <see cref="IMessagePublisher.TryPublish{T}"/> publishes. Its sender starts with the first message.</summary>
internal sealed class PublishBuffer(MessageEncoder encoder, int capacity, BusServices services)
{
    private readonly Lock _lock = new();
    private BackgroundPublisher? _publisher;

    public bool IsUsed => _publisher is not null;

    /// <returns>False when the buffer is full.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic's transport stores every message.</exception>
    public bool TryAdd<T>(TopicRuntime topic, string address, T message, PublishOptions? options)
    {
        if (topic.Transport.Capabilities.Durable)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}' is on {topic.Definition.Kind}, which stores every message: TryPublish, which may drop some, is for "
                + "Pub/Sub topics. Use PublishAsync.");
        }

        var publisher = Publisher();
        var type = topic.Types.Of(message);
        return encoder.HasFilters
            ? publisher.TryAdd(
                topic,
                address,
                () => encoder.EncodeAsync(topic, address, type, message, options, CancellationToken.None))
            : publisher.TryAdd(topic, address, encoder.Encode(topic, address, type, message, options));
    }

    /// <inheritdoc cref="BackgroundPublisher.StopAsync"/>
    public Task StopAsync(TimeSpan timeout) => _publisher?.StopAsync(timeout) ?? Task.CompletedTask;

    private BackgroundPublisher Publisher()
    {
        lock (_lock)
        {
            return _publisher ??= new BackgroundPublisher(capacity, services);
        }
    }
}
