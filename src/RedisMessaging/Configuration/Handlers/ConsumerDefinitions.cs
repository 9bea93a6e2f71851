using RedisMessaging.Configuration.Buses;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;

namespace RedisMessaging.Configuration.Handlers;

/// <summary>Makes consumers of handlers and readers, as code and configuration have them.</summary>
internal sealed class ConsumerDefinitions(BusModel model, ConfiguredHandlers configured, string defaultGroup)
{
    /// <summary>The consumers of registered handlers: those of one group on a topic form one.</summary>
    public List<ConsumerDefinition> Build(IReadOnlyList<HandlerDefinition> handlers)
    {
        var byConsumer = handlers
            .SelectMany(handler => model.TopicsOf(handler).Select(topic => (Handler: handler, Topic: topic)))
            .GroupBy(
                pair => (pair.Topic, Address: pair.Handler.Topic ?? pair.Topic.Name, Group: pair.Handler.Options.Group ?? defaultGroup));
        var consumers = new List<ConsumerDefinition>();
        foreach (var consumer in byConsumer)
        {
            var (topic, address, group) = consumer.Key;
            consumers.Add(Define(topic, address, group, [.. consumer.Select(pair => pair.Handler)]));
        }

        foreach (var topic in model.Topics)
        {
            RefuseSecondGroup(topic, consumers);
        }

        return consumers;
    }

    /// <summary>The consumer of what subscribes, or of a reader.</summary>
    /// <param name="handler"><see langword="null"/> for a reader.</param>
    /// <param name="others">The registered consumers.</param>
    public ConsumerDefinition Define(
        string topicName,
        HandlerBinding? handler,
        Type messageType,
        SubscribeOptions options,
        IReadOnlyList<ConsumerDefinition> others)
    {
        var topic = model.Find(topicName, messageType, forSubscribing: true);
        var types = topic.TypesThatAre(messageType);
        if (handler is null && options is IBatchOptions)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topicName}': {TypeName.Of(options.GetType())} are options of batch handlers, and a reader hands out one message "
                + "at a time. "
                + $"Use {nameof(SubscribeOptions)}.");
        }

        var group = options.Group ?? defaultGroup;
        var consumer = handler is null
            ? configured.Define(topic.Name, group, [options], own => Create(topic, topicName, [], types, own))
            : Define(topic, topicName, group, [new HandlerDefinition(handler, options)]);
        RefuseSecondGroup(topic, others.Append(consumer));
        return consumer;
    }

    /// <summary>
    /// On a queue each message goes to one consumer: a second group would take messages away from the first. On a stream that deletes on
    /// ack the server decides.
    /// </summary>
    public static void RefuseSecondGroup(TopicDefinition topic, IEnumerable<ConsumerDefinition> consumers)
    {
        if (topic.Capabilities is { Groups: false, FanOut: false })
        {
            var groups = consumers.Where(
                consumer => consumer.Topic == topic).Select(consumer => consumer.Group).Distinct(StringComparer.Ordinal).ToList();
            if (groups.Count > 1)
            {
                var places = consumers
                    .Where(consumer => consumer.Topic == topic)
                    .SelectMany(consumer => consumer.Handlers.Values)
                    .Select(handler => handler.Place);
                throw new RedisMessagingConfigurationException(
                    $"Topic '{topic.Name}' is a queue: each message goes to one consumer, so the groups "
                    + $"{string.Join(" and ", groups.Select(group => $"'{group}'"))} "
                    + "would take messages from each other. Use one group, or make the topic a Stream."
                    + CallPlace.DescribeHandlers(places));
            }
        }
    }

    private ConsumerDefinition Define(TopicDefinition topic, string address, string group, IReadOnlyList<HandlerDefinition> handlers)
    {
        try
        {
            return Combine(topic, address, group, handlers);
        }
        catch (RedisMessagingConfigurationException error)
            when (CallPlace.DescribeHandlers(handlers.Select(handler => handler.Place)) is { Length: > 0 } places)
        {
            throw new RedisMessagingConfigurationException(error.Message + places, error.InnerException);
        }
    }

    private ConsumerDefinition Combine(TopicDefinition topic, string address, string group, IReadOnlyList<HandlerDefinition> handlers) =>
        configured.Define(topic.Name, group, [.. handlers.Select(handler => handler.Options)], options =>
        {
            var byType = HandledTypes.Of(topic, group, [.. handlers.Zip(options, (handler, own) => handler with { Options = own })]);
            return Create(topic, address, byType, byType.Keys.ToHashSet(), options);
        });

    private ConsumerDefinition Create(
        TopicDefinition topic,
        string address,
        Dictionary<Type, HandlerDefinition> handlers,
        HashSet<Type> types,
        IReadOnlyList<ConsumerOptions> options) =>
        ConsumerDefinition.Create(topic, address, defaultGroup, handlers, types, options);
}
