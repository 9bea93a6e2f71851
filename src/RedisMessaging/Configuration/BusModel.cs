using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Diagnostics;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;

namespace RedisMessaging.Configuration;

/// <summary>Everything that was configured, checked and frozen.</summary>
internal sealed class BusModel
{
    private readonly Dictionary<string, TopicDefinition> _topics = new(StringComparer.Ordinal);
    private readonly TopicsByType _byType = new();
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

        BusModelRules.Check(model, serializer, builder.Handlers);
        model.Consumers = model._consumers.Build(builder.Handlers);
        foreach (var topic in model.Topics)
        {
            var groups = model.Consumers.Where(consumer => consumer.Topic == topic).Select(consumer => consumer.Group).Distinct();
            handlers.CheckOthers(topic.Name, [.. groups], logger);
        }

        return model;
    }

    /// <inheritdoc cref="TopicsByType.TopicOf(Type)"/>
    public TopicDefinition TopicOf(Type type) => _byType.TopicOf(type);

    /// <inheritdoc cref="TopicsByType.OnlyTopicOf"/>
    public TopicDefinition? OnlyTopicOf(Type common) => _byType.OnlyTopicOf(common);

    /// <inheritdoc cref="TopicsByType.TopicOf(Type, IEnumerable{Type})"/>
    public TopicDefinition TopicOf(Type common, IEnumerable<Type> types) => _byType.TopicOf(common, types);

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
                $"No topic '{name}' is registered; registered: {_byType.Describe()}. Add it with AddStream, AddQueue or AddPubSub."),
            _ => throw Ambiguous(name, type, matching),
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
            0 => throw new RedisMessagingConfigurationException($"No topic '{name}' is registered; registered: {_byType.Describe()}."),
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

        return _byType.TopicsFor(type);
    }

    /// <summary>
    /// Whether a name in a family's registry is one of its members here: a topic registered by the very name is no member.
    /// </summary>
    public bool IsMember(TopicDefinition family, string name) =>
        family.Pattern is { } pattern && pattern.Matches(name) && !_topics.ContainsKey(name);

    public ConsumerDefinition DefineConsumer(string topicName, HandlerBinding? handler, Type messageType, SubscribeOptions options) =>
        _consumers.Define(topicName, handler, messageType, options, Consumers);

    private static RedisMessagingConfigurationException Ambiguous(string name, Type type, List<TopicDefinition> matching)
    {
        var haveMembers = matching.Exists(topic => topic.HasMembers);
        return new RedisMessagingConfigurationException(
            $"The channel '{name}' matches several patterns{(haveMembers ? "" : $" that carry '{TypeName.Of(type)}'")}: "
            + $"{string.Join(", ", matching.Select(topic => $"'{topic.Name}'"))}. "
            + $"{(haveMembers ? "Give one of them other names" : "Let only one of them carry the type")}, or add '{name}' itself.");
    }

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

        _byType.Add(topic);
    }
}
