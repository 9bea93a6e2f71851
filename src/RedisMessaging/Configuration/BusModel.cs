using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Requests;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.Configuration;

/// <summary>Everything that was configured, checked and frozen.</summary>
internal sealed class BusModel
{
    private readonly Dictionary<string, TopicDefinition> _topics = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, List<TopicDefinition>> _byType = [];
    private readonly ConcurrentDictionary<Type, TopicDefinition> _byDerivedType = new();
    private readonly ConcurrentDictionary<Type, TopicDefinition?> _byCommonType = new();
    private readonly List<TopicDefinition> _families = [];
    private readonly ConsumerDefinitions _consumers;

    private BusModel(RedisMessagingOptions options, string application, ConfiguredHandlers configured)
    {
        Options = options;
        Application = application;
        ConfiguredHandlers = configured;
        _consumers = new ConsumerDefinitions(this, configured, ToGroup(application));
    }

    public RedisMessagingOptions Options { get; }

    public string Application { get; }

    public ConfiguredHandlers ConfiguredHandlers { get; }

    public IReadOnlyCollection<TopicDefinition> Topics => _topics.Values;

    public IReadOnlyList<ConsumerDefinition> Consumers { get; private set; } = [];

    public static BusModel Build(
        RedisMessagingBuilder builder,
        RedisMessagingOptions options,
        IConfigurationSection? topics,
        string application,
        IMessageSerializer serializer,
        ILogger logger)
    {
        options.Validate();
        var configured = new ConfiguredTopics(topics, builder.Topics);
        var handlers = new ConfiguredHandlers(configured);
        var model = new BusModel(options, application, handlers);
        foreach (var registration in builder.Topics)
        {
            model.Add(TopicSettings.Resolve(registration, configured.Of(registration.Name), logger));
        }

        configured.CheckOthers(logger);

        model.RefuseSharedKeys();
        model.CheckSerializer(serializer);
        CheckReplies(serializer, builder.Handlers);
        model.Consumers = model._consumers.Build(builder.Handlers);
        foreach (var topic in model.Topics)
        {
            var groups = model.Consumers.Where(consumer => consumer.Topic == topic).Select(consumer => consumer.Group).Distinct();
            handlers.CheckOthers(topic.Name, [.. groups], logger);
        }

        return model;
    }

    /// <summary>The only topic that carries a type or, where none does, its nearest base.</summary>
    public TopicDefinition TopicOf(Type type)
    {
        if (!_byType.TryGetValue(type, out var topics))
        {
            return _byDerivedType.GetOrAdd(type, static (derived, model) => model.TopicOfBase(derived), this);
        }

        if (topics.Count > 1)
        {
            throw new RedisMessagingConfigurationException(
                $"'{TypeName.Of(type)}' is carried by several topics: {string.Join(", ", topics.Select(topic => $"'{topic.Name}'"))}. "
                + $"Name one: PublishToAsync(\"{topics[0].Name}\", …), or Topic on the handler.");
        }

        return topics[0].Pattern is { } pattern
            ? throw new RedisMessagingConfigurationException(
                $"'{TypeName.Of(type)}' is carried by the pattern '{pattern.Name}' only: name the channel to publish to, such as "
                + $"PublishToAsync(\"{pattern.Example}\", …).")
            : topics[0];
    }

    /// <summary>
    /// The topic of everything that is given as a type, where that can be only one; <see langword="null"/> where each message's own type
    /// decides.
    /// </summary>
    public TopicDefinition? OnlyTopicOf(Type common) => common.IsSealed
        ? TopicOf(common)
        : _byCommonType.GetOrAdd(
            common,
            static (given, model) =>
                model._byType.Where(
                    carried => given.IsAssignableFrom(carried.Key)).SelectMany(carried => carried.Value).Distinct().Take(2).ToList() switch
            {
                [] => model.TopicOf(given),
                [{ Pattern: null } only] => only,
                _ => null,
            },
            this);

    /// <summary>The topic of messages that are given as what they have in common.</summary>
    /// <exception cref="RedisMessagingConfigurationException">They belong to several.</exception>
    public TopicDefinition TopicOf(Type common, IEnumerable<Type> types)
    {
        var byTopic = types.Distinct().ToLookup(TopicOf);
        return byTopic.Count switch
        {
            0 => TopicOf(common),
            1 => byTopic.First().Key,
            _ => throw new RedisMessagingConfigurationException(
                $"The messages belong to several topics: "
                + $"{string.Join(", ", byTopic.Select(topic => $"'{topic.Key.Name}' ({TypeName.List([.. topic])})"))}. Publish those of "
                + $"each topic by themselves."),
        };
    }

    /// <summary>The topic of a name: the one registered so, else the only pattern the name belongs to.</summary>
    /// <param name="forSubscribing">Whether a pattern itself may be named.</param>
    public TopicDefinition Find(string name, Type type, bool forSubscribing)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (_topics.TryGetValue(name, out var exact))
        {
            return exact.Pattern is not null && !forSubscribing
                ? throw new RedisMessagingConfigurationException(
                    $"'{name}' is a pattern: nothing can be published to it, only to a channel it matches.")
                : exact;
        }

        var matching = FamiliesOf(name, "topic");
        // What is stored is stored under the member's name, whoever's it is; a channel may well be two patterns' own.
        if (matching.Count > 1 && !matching.Exists(topic => topic.HasMembers))
        {
            var carrying = matching.Where(topic => topic.MayCarry(type)).ToList();
            matching = carrying.Count == 1 ? carrying : matching;
        }

        return matching.Count switch
        {
            1 => matching[0],
            0 => throw new RedisMessagingConfigurationException(
                $"No topic '{name}' is registered; registered: {DescribeTopics()}. Add it with AddStream, AddQueue or AddPubSub."),
            _ => throw new RedisMessagingConfigurationException(
                $"The channel '{name}' matches several "
                + $"patterns{(matching.Exists(topic => topic.HasMembers) ? "" : $" that carry '{TypeName.Of(type)}'")}: "
                + $"{string.Join(", ", matching.Select(topic => $"'{topic.Name}'"))}. "
                + $"{(matching.Exists(topic => topic.HasMembers) ? "Give one of them other names" : "Let only one of them carry the type")}, or add '{name}' itself."),
        };
    }

    /// <summary>The topic registered by a name, or the only family the name belongs to.</summary>
    public TopicDefinition Get(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (_topics.TryGetValue(name, out var exact))
        {
            return exact;
        }

        var matching = FamiliesOf(name, nameof(name));
        return matching.Count switch
        {
            1 => matching[0],
            0 => throw new RedisMessagingConfigurationException($"No topic '{name}' is registered; registered: {DescribeTopics()}."),
            _ => throw new RedisMessagingConfigurationException(
                $"'{name}' belongs to several topics: {string.Join(", ", matching.Select(topic => $"'{topic.Name}'"))}. Name one of them, "
                + $"or add '{name}' itself."),
        };
    }

    /// <summary>
    /// The topic that is named, or carries the handler's type; of a type that no topic carries, all topics that carry something
    /// that is one.
    /// </summary>
    public IReadOnlyList<TopicDefinition> TopicsOf(HandlerDefinition handler)
    {
        var type = handler.Binding.MessageType;
        if (handler.Topic is { } named)
        {
            var topic = Find(named, type, forSubscribing: true);
            topic.TypesThatAre(type);
            return [topic];
        }

        // A handler of a derived type gets nothing that is published as its base.
        if (_byType.TryGetValue(type, out var topics))
        {
            return [topics.Count == 1 ? topics[0] : TopicOf(type)];
        }

        var carrying = _topics.Values.Where(topic => topic.MessageTypes.Any(carried => type.IsAssignableFrom(carried.Type))).ToList();
        return carrying.Count > 0 ? carrying : throw NotCarried(type);
    }

    /// <summary>
    /// Whether a name in a family's registry is one of its members here: a topic registered by the very name is no member.
    /// </summary>
    public bool IsMember(TopicDefinition family, string name) =>
        family.Pattern is { } pattern && pattern.Matches(name) && !_topics.ContainsKey(name);

    public ConsumerDefinition DefineConsumer(string topicName, HandlerBinding? handler, Type messageType, SubscribeOptions options) =>
        _consumers.Define(topicName, handler, messageType, options, Consumers);

    /// <exception cref="ArgumentException">It is a family's, but for a character that none of its members may have.</exception>
    private List<TopicDefinition> FamiliesOf(string name, string parameter)
    {
        var matching = _families.FindAll(family => family.Pattern!.Matches(name));
        if (matching.Count > 0)
        {
            MemberName.Validate(name, matching[0].Name, parameter);
        }

        return matching;
    }

    private static string ToGroup(string application) =>
        string.Concat(application.Select(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '{' or '}' ? '-' : c));

    private void Add(TopicDefinition topic)
    {
        _topics.Add(topic.Name, topic);
        if (topic.Pattern is not null)
        {
            _families.Add(topic);
        }

        foreach (var type in topic.MessageTypes)
        {
            if (!_byType.TryGetValue(type.Type, out var topics))
            {
                _byType.Add(type.Type, topics = []);
            }

            topics.Add(topic);
        }
    }

    /// <summary>An exact key can be what another topic's name, or another exact key, comes to.</summary>
    private void RefuseSharedKeys()
    {
        foreach (var topic in _topics.Values.Where(topic => topic.Options.Key is not null))
        {
            var keys = TopicKeys.Of(Options.KeyPrefix, topic);
            if (_topics.Values.FirstOrDefault(other => other != topic && Overlap(keys, TopicKeys.Of(Options.KeyPrefix, other))) is { } taken)
            {
                throw new RedisMessagingConfigurationException(
                    $"Topic '{topic.Name}': Key is '{topic.Options.Key}', which topic '{taken.Name}' uses as well, for its messages or "
                    + $"for the keys that it keeps beside them. Give each topic a key of its own.");
            }
        }
    }

    public static bool Overlap(TopicKeys keys, TopicKeys others) =>
        keys.Start == others.Start || DataOf(keys).Intersect(DataOf(others)).Any();

    private static IEnumerable<RedisKey> DataOf(TopicKeys keys) => [keys.Data("queue"), keys.Data("stream")];

    private void CheckSerializer(IMessageSerializer serializer)
    {
        foreach (var topic in _topics.Values)
        {
            foreach (var type in topic.MessageTypes)
            {
                if (!serializer.CanSerialize(type.Type, out var fix))
                {
                    throw new RedisMessagingConfigurationException(
                        $"Topic '{topic.Name}': the serializer can't carry '{TypeName.Of(type.Type)}'. {fix}");
                }
            }

            FrameFormat.Of(topic, serializer, TimeProvider.System);
        }
    }

    private static void CheckReplies(IMessageSerializer serializer, IReadOnlyList<HandlerDefinition> handlers)
    {
        foreach (var request in handlers.Select(handler => handler.Binding).OfType<RequestBinding>())
        {
            if (!serializer.CanSerialize(request.ReplyType, out var fix))
            {
                throw new RedisMessagingConfigurationException(
                    $"The request handler '{request.Name}': the serializer can't carry its reply '{TypeName.Of(request.ReplyType)}'. "
                    + $"{fix}");
            }
        }
    }

    private TopicDefinition TopicOfBase(Type type)
    {
        var bases = CarriedBases.Of(type, _byType.Keys);
        if (bases.Count == 0)
        {
            throw NotCarried(type);
        }

        var rival = CarriedBases.RivalOf(bases[0], bases);
        return rival is null || TopicOf(rival) == TopicOf(bases[0])
            ? TopicOf(bases[0])
            : throw new RedisMessagingConfigurationException(
                $"'{TypeName.Of(type)}' is carried as '{TypeName.Among(bases[0], rival)}' by '{TopicOf(bases[0]).Name}' and as "
                + $"'{TypeName.Among(rival, bases[0])}' by '{TopicOf(rival).Name}'. Name one: "
                + $"PublishToAsync(\"{TopicOf(bases[0]).Name}\", …).");
    }

    private RedisMessagingConfigurationException NotCarried(Type type)
    {
        var name = TypeName.Among(type, _byType.Keys);
        return new RedisMessagingConfigurationException(
            $"No topic carries '{name}'. Add one: AddStream<{name}>(\"…\"), AddQueue<{name}>(\"…\") or AddPubSub<{name}>(\"…\"), or "
            + $"Carries<{name}>() on an existing topic ({DescribeTopics(type)}).");
    }

    /// <param name="asked">The type that the sentence is about, if it is about one.</param>
    private string DescribeTopics(Type? asked = null)
    {
        IReadOnlyCollection<Type> types = asked is null ? _byType.Keys : [.. _byType.Keys, asked];
        return _topics.Count == 0
            ? "none"
            : string.Join(", ", _topics.Values.Select(topic => $"'{topic.Name}' ({topic.DescribeTypes(types)})"));
    }
}
