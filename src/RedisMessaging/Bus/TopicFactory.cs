using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Topics.Families;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Bus;

/// <summary>Makes the transports of topics, and topics as operators see them.</summary>
internal sealed class TopicFactory(
    BusModel model,
    RedisConnections connections,
    IMessageSerializer serializer,
    TopicPauses pauses,
    BusServices services)
{
    public ITransport CreateTransport(TopicDefinition topic)
    {
        var context = ContextOf(topic);
        if (topic.HasMembers)
        {
            return new FamilyTransport(
                topic,
                name => model.IsMember(topic, name),
                name => CreateTransport(topic, ContextOf(topic, name)),
                new FamilyRegistry(context, topic.Kind),
                connections,
                services);
        }

        var transport = CreateTransport(topic, context);
        return topic.Pattern is { HasNamedParameters: true } ? new PatternTransport(transport, topic, services.Instruments) : transport;
    }

    /// <summary>A topic as an operator sees it.</summary>
    /// <param name="topics">The topics of the bus.</param>
    /// <param name="name">The name of a topic, or of a family's member.</param>
    public ITopic Topic(IReadOnlyDictionary<TopicDefinition, TopicRuntime> topics, string name)
    {
        var (definition, transport, format) = topics[model.Get(name)];
        var context = ContextOf(definition);
        if (transport is FamilyTransport family)
        {
            if (name == definition.Name)
            {
                return new FamilyTopic(definition, family, pauses.StoreOf(definition));
            }

            (context, transport) = (ContextOf(definition, name), family.TransportOf(name));
        }

        return new Topic(name, definition, new TopicParts(pauses.StoreOf(definition))
        {
            DeadLetters = definition.Capabilities.DeadLetters ? new DeadLetterStore(context, transport, format) : null,
            Scheduled = transport.Schedule is { } schedule ? new ScheduledMessageStore(schedule, context.Keys, format, connections) : null,
            History = transport.History is { } source ? CreateHistory(name, definition, source) : null,
            Groups = transport.Groups,
            Trimming = transport.Trimming,
            Subscribers = transport.Subscribers,
        });
    }

    private HistoryReader CreateHistory(string name, TopicDefinition definition, IHistorySource source) =>
        new(name, source, new MessageDecoder(definition, "", serializer, services.Time), connections.Patient, connections.Stopping);

    private ITransport CreateTransport(TopicDefinition topic, TransportContext context)
    {
        var transport = topic.Factory.Create(context);
        if (transport.Schedule is not { } schedule)
        {
            return transport;
        }

        return new ScheduledTransport(transport, new ScheduleMover(context.Topic, transport, schedule, connections.Bells, services));
    }

    private TransportContext ContextOf(TopicDefinition topic) => new(
        topic.Name,
        model.Options.KeyPrefix,
        TopicKeys.Of(model.Options.KeyPrefix, topic),
        topic.Options,
        connections,
        services.Time,
        services.Logger,
        services.Instruments)
    {
        RepeatsPublishes = model.Options.PublishTimeout > TimeSpan.Zero ? model.Options.RepeatsPublishes : false,
    };

    /// <summary>A member of a family has the keys of an ordinary topic of its name.</summary>
    private TransportContext ContextOf(TopicDefinition family, string member) =>
        ContextOf(family) with { Topic = member, Keys = new TopicKeys(model.Options.KeyPrefix, member) };
}
