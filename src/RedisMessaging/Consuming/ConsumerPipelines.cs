using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Requests;
using RedisMessaging.Serialization;

namespace RedisMessaging.Consuming;

/// <summary>Makes what handles the messages of a consumer, from the parts that all consumers of a bus share.</summary>
internal sealed class ConsumerPipelines(
    IMessageSerializer serializer,
    IReadOnlyList<IClassSource<IConsumeFilter>> filters,
    IServiceProvider services,
    ReplySender replies,
    BusServices bus)
{
    /// <summary>Reads the bodies of a topic's messages.</summary>
    public MessageDecoder CreateDecoder(ConsumerDefinition consumer) => new(consumer.Topic, consumer.Group, serializer, bus.Time);

    /// <summary>The batches of a consumer; <see langword="null"/> where its handlers take one message at a time.</summary>
    public BatchGathering? CreateBatches(ConsumerDefinition consumer) =>
        consumer.BatchSize > 0 ? new BatchGathering(consumer, services, bus.Time, bus.Logger) : null;

    /// <summary>What takes one message of a consumer through all steps to its handler.</summary>
    public MessageProcessor CreateProcessor(ConsumerDefinition consumer, ConsumerPump pump, BatchGathering? batches, HandledMessages? inbox)
    {
        var pipeline = MessagePipelines.Consume(consumer, serializer, filters, services, pump, batches, inbox, replies, bus);
        return new MessageProcessor(consumer, pump, pipeline, batches, services, bus);
    }
}
