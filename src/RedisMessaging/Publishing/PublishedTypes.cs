using System.Collections.Concurrent;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Serialization;
using RedisMessaging.Serialization.Json;

namespace RedisMessaging.Publishing;

/// <summary>
/// As which of its topic's types a message is published: its own, else the nearest carried base type or interface that keeps all of its
/// properties. What would lose some is refused.
/// </summary>
internal sealed class PublishedTypes(TopicDefinition topic, IMessageSerializer serializer)
{
    /// <summary>Of types that are not carried themselves: what they are published as.</summary>
    private readonly ConcurrentDictionary<Type, MessageType> _bases = new();

    /// <exception cref="RedisMessagingConfigurationException">It is carried as nothing, or only as what would lose properties.</exception>
    public MessageType Of<T>(T message)
    {
        var type = RuntimeType.Of(message);
        return topic.FindByType(type) ?? BaseOf(type);
    }

    private MessageType BaseOf(Type type)
    {
        if (!_bases.TryGetValue(type, out var found))
        {
            _bases[type] = found = topic.GetByType(Choose(type));
        }

        return found;
    }

    private Type Choose(Type type)
    {
        var bases = CarriedBases.Of(type, topic.MessageTypes.Select(carried => carried.Type));
        string? firstLoss = null;
        foreach (var candidate in bases)
        {
            if ((serializer as JsonMessageSerializer)?.DescribeLoss(candidate, type) is not { } loss)
            {
                return CarriedBases.RivalOf(candidate, bases) is { } rival
                    ? throw new RedisMessagingConfigurationException(
                        $"Topic '{topic.Name}' carries '{NameOf(type)}' as '{NameOf(candidate)}' and as '{NameOf(rival)}', of which "
                        + $"neither is nearer. Add Carries<{NameOf(type)}>() to it.")
                    : candidate;
            }

            firstLoss ??= loss;
        }

        // Where nothing fits, the topic says what it carries.
        return firstLoss is null
            ? type
            : throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}' carries '{NameOf(bases[0])}', but not '{NameOf(type)}', which would lose {firstLoss} there. Add "
                + $"Carries<{NameOf(type)}>() to the topic, or put [JsonDerivedType(typeof({NameOf(type)}), \"…\")] on "
                + $"'{NameOf(bases[0])}'.");
    }

    private string NameOf(Type type) => topic.NameOf(type);
}
