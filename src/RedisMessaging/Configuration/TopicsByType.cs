using System.Collections.Concurrent;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;

namespace RedisMessaging.Configuration;

/// <summary>Which topic carries a message type, or its nearest base.</summary>
internal sealed class TopicsByType
{
    private readonly List<TopicDefinition> _topics = [];
    private readonly Dictionary<Type, List<TopicDefinition>> _byType = [];
    private readonly ConcurrentDictionary<Type, TopicDefinition> _byDerivedType = new();
    private readonly ConcurrentDictionary<Type, TopicDefinition?> _byCommonType = new();

    public void Add(TopicDefinition topic)
    {
        _topics.Add(topic);
        foreach (var type in topic.MessageTypes)
        {
            if (!_byType.TryGetValue(type.Type, out var topics))
            {
                _byType.Add(type.Type, topics = []);
            }

            topics.Add(topic);
        }
    }

    /// <summary>The only topic that carries a type or, where none does, its nearest base.</summary>
    public TopicDefinition TopicOf(Type type)
    {
        if (!_byType.TryGetValue(type, out var topics))
        {
            return _byDerivedType.GetOrAdd(type, static (derived, routes) => routes.TopicOfBase(derived), this);
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
            static (given, routes) =>
                routes._byType.Where(
                    carried => given.IsAssignableFrom(carried.Key)).SelectMany(carried => carried.Value).Distinct().Take(2).ToList() switch
            {
                [] => routes.TopicOf(given),
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
                "The messages belong to several topics: "
                + $"{string.Join(", ", byTopic.Select(topic => $"'{topic.Key.Name}' ({TypeName.List([.. topic])})"))}. Publish those of "
                + "each topic by themselves."),
        };
    }

    /// <summary>
    /// The topic that carries a handler's type; of a type that no topic carries, all topics that carry a type derived from it.
    /// </summary>
    public IReadOnlyList<TopicDefinition> TopicsFor(Type handled)
    {
        // A handler of a derived type gets nothing that is published as its base.
        if (_byType.TryGetValue(handled, out var topics))
        {
            return [topics.Count == 1 ? topics[0] : TopicOf(handled)];
        }

        var carrying = _topics.Where(topic => topic.MessageTypes.Any(carried => handled.IsAssignableFrom(carried.Type))).ToList();
        return carrying.Count > 0 ? carrying : throw NotCarried(handled);
    }

    /// <summary>Lists the topics with their types.</summary>
    /// <param name="asked">The type that the sentence is about, if it is about one.</param>
    public string Describe(Type? asked = null)
    {
        IReadOnlyCollection<Type> types = asked is null ? _byType.Keys : [.. _byType.Keys, asked];
        return _topics.Count == 0
            ? "none"
            : string.Join(", ", _topics.Select(topic => $"'{topic.Name}' ({topic.DescribeTypes(types)})"));
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

    /// <summary>Explains that no topic carries a type, and what does.</summary>
    private RedisMessagingConfigurationException NotCarried(Type type)
    {
        var name = TypeName.Among(type, _byType.Keys);
        return new RedisMessagingConfigurationException(
            $"No topic carries '{name}'. Add one: AddStream<{name}>(\"…\"), AddQueue<{name}>(\"…\") or AddPubSub<{name}>(\"…\"), or "
            + $"Carries<{name}>() on an existing topic ({Describe(type)}).");
    }
}
