using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Serialization;

namespace RedisMessaging.Configuration.Handlers;

/// <summary>
/// Which handler of a group gets each type that its topic carries:
/// the one that takes the type itself, else the one that takes its nearest base.
/// </summary>
internal static class HandledTypes
{
    /// <exception cref="RedisMessagingConfigurationException">Two handlers would get the same messages, or one would get none.</exception>
    public static Dictionary<Type, HandlerDefinition> Of(TopicDefinition topic, string group, IReadOnlyList<HandlerDefinition> handlers)
    {
        var subject = $"Topic '{topic.Name}', group '{group}'";
        var own = new Dictionary<Type, HandlerDefinition>();
        foreach (var handler in handlers)
        {
            if (!own.TryAdd(handler.Binding.MessageType, handler))
            {
                throw Conflict(subject, own[handler.Binding.MessageType], handler, topic.NameOf(handler.Binding.MessageType));
            }
        }

        var byType = new Dictionary<Type, HandlerDefinition>();
        foreach (var carried in topic.MessageTypes.Select(carried => carried.Type))
        {
            if (Find(subject, topic, carried, own) is { } handler)
            {
                byType.Add(carried, handler);
            }
        }

        return handlers.FirstOrDefault(handler => !byType.ContainsValue(handler)) is { } idle
            ? throw new RedisMessagingConfigurationException(
                $"{subject}: '{idle.Binding.Name}' would get no message: "
                + $"each type that is '{topic.NameOf(idle.Binding.MessageType)}' has a handler of its own. Give it a Group of its own, or "
                + "leave it out.")
            : byType;
    }

    private static HandlerDefinition? Find(string subject, TopicDefinition topic, Type carried, Dictionary<Type, HandlerDefinition> own)
    {
        if (own.TryGetValue(carried, out var exact))
        {
            return exact;
        }

        var bases = CarriedBases.Of(carried, own.Keys);
        if (bases.Count == 0)
        {
            return null;
        }

        var nearest = own[bases[0]];
        return CarriedBases.RivalOf(bases[0], bases) is { } rival
            ? throw Conflict(subject, nearest, own[rival], topic.NameOf(carried))
            : nearest;
    }

    private static RedisMessagingConfigurationException Conflict(
        string subject,
        HandlerDefinition one,
        HandlerDefinition other,
        string type) =>
        new($"{subject}: {DescribeBoth(one.Binding, other.Binding)} handle '{type}'. "
            + "Give each a Group of its own, so that each gets every message.");

    private static string DescribeBoth(HandlerBinding one, HandlerBinding other) =>
        one.Name != other.Name ? $"'{one.Name}' and '{other.Name}' both"
        : one.FullName != other.FullName ? $"'{one.FullName}' and '{other.FullName}' both"
        : $"two handlers, each '{one.Name}',";
}
