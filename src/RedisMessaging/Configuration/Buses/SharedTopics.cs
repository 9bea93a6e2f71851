using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;

namespace RedisMessaging.Configuration.Buses;

/// <summary>
/// The topics that two buses of a container have on the same keys. They may be shared, as two processes share them. What would be
/// refused on one bus is refused here, too.
/// </summary>
internal static class SharedTopics
{
    /// <returns>The topics that both have, and agree on.</returns>
    /// <exception cref="RedisMessagingConfigurationException">They don't agree, or take messages from each other.</exception>
    public static IReadOnlyList<string> Find(BusNeighbour one, BusNeighbour other)
    {
        var shared = new List<string>();
        if (!one.Place.IsSameServer(other.Place))
        {
            return shared;
        }

        foreach (var topic in one.Model.Topics)
        {
            foreach (var same in other.Model.Topics.Where(same => IsShared(one, topic, other, same)))
            {
                RequireSame(one, topic, other, same);
                RefuseCompetition(one, topic, other, same);
                shared.Add(topic.Name == same.Name ? topic.Name : $"{topic.Name} ({same.Name})");
            }
        }

        return shared;
    }

    private static bool IsShared(BusNeighbour one, TopicDefinition topic, BusNeighbour other, TopicDefinition same)
    {
        if (!topic.Capabilities.Durable && !same.Capabilities.Durable)
        {
            // The server has channels apart from its databases.
            return ChannelOf(one, topic) == ChannelOf(other, same);
        }

        return one.Place.Database == other.Place.Database
            && BusModelRules.Overlap(TopicKeys.Of(one.Model.Options.KeyPrefix, topic), TopicKeys.Of(other.Model.Options.KeyPrefix, same));
    }

    private static string ChannelOf(BusNeighbour bus, TopicDefinition topic) =>
        bus.Place.ChannelStart + (topic.Options.Key ?? bus.Model.Options.KeyPrefix + topic.Address);

    private static void RequireSame(BusNeighbour one, TopicDefinition topic, BusNeighbour other, TopicDefinition same)
    {
        if (topic.Kind != same.Kind || topic.Options.Format != same.Options.Format || !NamesOf(topic).SetEquals(NamesOf(same)))
        {
            throw new RedisMessagingConfigurationException(
                $"{DescribeBoth(one, topic, other, same)}, but not in the same way: {BusName.Describe(one.Name)} as a {Describe(topic)}, "
                + $"{BusName.Describe(other.Name)} as a {Describe(same)}. "
                + "Give one of the buses another KeyPrefix or database, or add the topic to both in the same way.");
        }
    }

    private static void RefuseCompetition(BusNeighbour one, TopicDefinition topic, BusNeighbour other, TopicDefinition same)
    {
        if (!topic.Capabilities.Durable)
        {
            return;
        }

        var others = ConsumersOf(other, same).ToList();
        foreach (var consumer in ConsumersOf(one, topic))
        {
            if (!topic.Capabilities.FanOut && others.Count > 0)
            {
                throw new RedisMessagingConfigurationException(
                    $"{DescribeBoth(one, topic, other, same)}, and both have handlers. Each message of a queue goes to one consumer, "
                    + "so each bus would miss what the other gets. "
                    + "Give one of the buses another KeyPrefix or database, or add the handlers to one of them.");
            }

            if (others.Exists(rival => rival.Group == consumer.Group && rival.Address == consumer.Address))
            {
                throw new RedisMessagingConfigurationException(
                    $"{DescribeBoth(one, topic, other, same)}, and both have handlers in the group '{consumer.Group}'. "
                    + "Each message goes to one consumer of a group, so each bus would miss what the other gets. "
                    + "Give one of the buses another KeyPrefix or database, or its handlers another Group.");
            }
        }
    }

    private static IEnumerable<ConsumerDefinition> ConsumersOf(BusNeighbour bus, TopicDefinition topic) =>
        bus.Model.Consumers.Where(consumer => consumer.Topic == topic && !consumer.Broadcast);

    private static HashSet<string> NamesOf(TopicDefinition topic) => [.. topic.MessageTypes.Select(type => type.Name)];

    private static string DescribeBoth(BusNeighbour one, TopicDefinition topic, BusNeighbour other, TopicDefinition same) =>
        $"Topic '{topic.Name}': {BusName.Describe(one.Name)} and {BusName.Describe(other.Name)} use the same keys for it"
        + $"{(topic.Name == same.Name ? "" : $" ('{same.Name}' on the second)")}, on the same server";

    private static string Describe(TopicDefinition topic) =>
        $"{topic.Kind} of {topic.DescribeTypes()}{(topic.Options.Format == MessageFormat.Envelope ? "" : $", {topic.Options.Format}")}";
}
