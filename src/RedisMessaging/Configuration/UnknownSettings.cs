using RedisMessaging.Transports;

namespace RedisMessaging.Configuration;

/// <summary>What to say of a value in the configuration that sets nothing: it would be ignored in silence.</summary>
internal static class UnknownSettings
{
    /// <summary>The names of all transports' settings: those of one that is not chosen may stay when the one word is changed.</summary>
    public static IReadOnlyList<string> OfTopics { get; } =
        [.. TransportCatalog.All.SelectMany(factory => factory.Settings).Select(setting => setting.Name).Append(TopicSettings.Transport).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)];

    /// <param name="value">The value, named by its path below the topic.</param>
    /// <param name="topic">The topic.</param>
    public static RedisMessagingConfigurationException OfTopic(ConfiguredValue value, string topic)
    {
        var subject = $"Topic '{topic}': {value.Path} ({value.Show()})";
        if (FindHolder(value.Name, OfTopics) is { } holder)
        {
            return OnlyOneValue(subject, holder);
        }

        var suggestion = Spelling.DidYouMean(value.Name, OfTopics);
        if (suggestion.Length == 0 && IsIndex(value.Name))
        {
            return new($"{subject} is part of an array. A topic is a section with settings, or one word for its transport: {string.Join(", ", Enum.GetNames<TransportKind>())}.");
        }

        if (suggestion.Length == 0 && HandlerSettings.Find(value.Name) is { } option)
        {
            return new($"{subject} is not a setting of topics: '{option}' belongs to handlers. {HandlerSettings.Fix}");
        }

        if (suggestion.Length == 0 && BusSettings.Names.FirstOrDefault(name => name.Equals(value.Name, StringComparison.OrdinalIgnoreCase)) is { } ofBus)
        {
            return new($"{subject} is not a setting of topics: '{ofBus}' belongs to the bus. Move it out of {BusSettings.Topics}.");
        }

        return new($"{subject} is not a known setting of topics.{suggestion} Known settings: {string.Join(", ", OfTopics)}.");
    }

    /// <param name="value">The value, named by its path below what AddRedisMessaging was given.</param>
    /// <param name="topics">The registered topics.</param>
    public static RedisMessagingConfigurationException OfBus(ConfiguredValue value, IReadOnlyCollection<string> topics)
    {
        var subject = $"{value.Path} ({value.Show()})";
        if (FindHolder(value.Name, BusSettings.Names) is { } holder && holder != BusSettings.Topics)
        {
            return OnlyOneValue(subject, holder);
        }

        var first = value.Name.Split(':')[0];
        if (Spelling.Nearest(first, BusSettings.Names) is { } nearest)
        {
            return new($"{subject} is not a known setting. Did you mean '{nearest}'? Known settings: {KnownOfBus()}.");
        }

        if (first.Equals(nameof(RedisMessagingBuilder.BlockingConnectionOptions), StringComparison.OrdinalIgnoreCase))
        {
            return new($"{subject} can't be configured: set {nameof(RedisMessagingBuilder.BlockingConnectionOptions)} in code.");
        }

        if (topics.FirstOrDefault(topic => value.Name.Equals(topic, StringComparison.OrdinalIgnoreCase) || value.Name.StartsWith(topic + ":", StringComparison.OrdinalIgnoreCase)) is { } misplaced)
        {
            return new($"{subject} is not a known setting: '{misplaced}' is a topic. Move it into the section {BusSettings.Topics}.");
        }

        if (OfTopics.Contains(value.Name, StringComparer.OrdinalIgnoreCase))
        {
            return new($"{subject} is not a setting of the bus: '{value.Name}' belongs to topics. Move it to {BusSettings.Topics}:{{name}}:{value.Name}.");
        }

        if (HandlerSettings.Find(value.Name) is { } option)
        {
            return new($"{subject} is not a setting of the bus: '{option}' belongs to handlers. {HandlerSettings.Fix}");
        }

        return new($"{subject} is not a known setting. Known settings: {KnownOfBus()}.");
    }

    /// <summary>A setting that holds one value, where the path continues below it.</summary>
    private static string? FindHolder(string path, IReadOnlyList<string> known) =>
        known.FirstOrDefault(name => path.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase) && !known.Any(part => part.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)));

    private static RedisMessagingConfigurationException OnlyOneValue(string subject, string holder) =>
        new($"{subject} stands below '{holder}', which holds a single value: neither a section nor an array.");

    private static bool IsIndex(string path) => path.Split(':')[0].All(char.IsAsciiDigit);

    private static string KnownOfBus() => string.Join(", ", BusSettings.Names.Order(StringComparer.Ordinal));
}
