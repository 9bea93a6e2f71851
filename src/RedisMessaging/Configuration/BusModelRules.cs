using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Requests;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.Configuration;

/// <summary>Rules over all topics and handlers of a bus.</summary>
internal static class BusModelRules
{
    /// <exception cref="RedisMessagingConfigurationException">Topics share a key, or the serializer can't carry a type.</exception>
    public static void Check(BusModel model, IMessageSerializer serializer, IReadOnlyList<HandlerDefinition> handlers)
    {
        RefuseSharedKeys(model);
        CheckSerializer(model, serializer);
        CheckReplies(serializer, handlers);
    }

    /// <summary>An exact key can be what another topic's name, or another exact key, comes to.</summary>
    private static void RefuseSharedKeys(BusModel model)
    {
        foreach (var topic in model.Topics.Where(topic => topic.Options.Key is not null))
        {
            var keys = TopicKeys.Of(model.Options.KeyPrefix, topic);
            var others = model.Topics.Where(other => other != topic);
            if (others.FirstOrDefault(other => Overlap(keys, TopicKeys.Of(model.Options.KeyPrefix, other))) is { } taken)
            {
                throw new RedisMessagingConfigurationException(
                    $"Topic '{topic.Name}': Key is '{topic.Options.Key}', which topic '{taken.Name}' uses as well, for its messages or "
                    + "for the keys that it keeps beside them. Give each topic a key of its own.");
            }
        }
    }

    /// <summary>Whether two topics use a key in common.</summary>
    public static bool Overlap(TopicKeys keys, TopicKeys others) =>
        keys.Start == others.Start || DataOf(keys).Intersect(DataOf(others)).Any();

    private static IEnumerable<RedisKey> DataOf(TopicKeys keys) => [keys.Data("queue"), keys.Data("stream")];

    private static void CheckSerializer(BusModel model, IMessageSerializer serializer)
    {
        foreach (var topic in model.Topics)
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
}
