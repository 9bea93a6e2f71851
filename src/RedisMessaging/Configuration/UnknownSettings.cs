using RedisMessaging.Configuration.Settings;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Configuration;

/// <summary>What to say of a value in the configuration that sets nothing: it would be ignored in silence.</summary>
internal static class UnknownSettings
{
    /// <summary>The names of all transports' settings: those of one that is not chosen may stay when the one word is changed.</summary>
    public static IReadOnlyList<string> OfTopics { get; } =
    [
        .. TransportCatalog.All.SelectMany(factory => factory.Settings).Select(setting => setting.Name)
            .Append(TopicSettings.Transport).Append(HandlerSettings.Section)
            .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal),
    ];

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
            return new(
                $"{subject} is part of an array. A topic is a section with settings, or one word for its transport: "
                + $"{string.Join(", ", Enum.GetNames<TransportKind>())}.");
        }

        if (suggestion.Length == 0 && HandlerSettings.Find(value.Name) is { } option)
        {
            return new($"{subject} is not a setting of topics: '{option}' belongs to handlers. "
                + $"Move it to {BusSettings.Topics}:{topic}:{PlaceOf(option)}.");
        }

        if (suggestion.Length == 0 && IsLikeHandlers(value.Name))
        {
            return new($"{subject} is not a known setting of topics. Did you mean '{HandlerSettings.Section}:{{group}}'?");
        }

        if (suggestion.Length == 0
            && BusSettings.Names.FirstOrDefault(name => name.Equals(value.Name, StringComparison.OrdinalIgnoreCase)) is { } ofBus)
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

        var misplaced = topics.FirstOrDefault(topic =>
            value.Name.Equals(topic, StringComparison.OrdinalIgnoreCase)
            || value.Name.StartsWith(topic + ":", StringComparison.OrdinalIgnoreCase));
        if (misplaced is not null)
        {
            return new($"{subject} is not a known setting: '{misplaced}' is a topic. Move it into the section {BusSettings.Topics}.");
        }

        if (OfTopics.Contains(value.Name, StringComparer.OrdinalIgnoreCase))
        {
            return new(
                $"{subject} is not a setting of the bus: '{value.Name}' belongs to topics. Move it to "
                + $"{BusSettings.Topics}:{{name}}:{value.Name}.");
        }

        if (HandlerSettings.Find(value.Name) is { } option)
        {
            return new($"{subject} is not a setting of the bus: '{option}' belongs to handlers. "
                + $"Move it to {BusSettings.Topics}:{{topic}}:{PlaceOf(option)}.");
        }

        if (IsLikeHandlers(value.Name))
        {
            return new($"{subject} is not a setting of the bus. "
                + $"Handlers are configured at {BusSettings.Topics}:{{topic}}:{PlaceOf("{setting}")}.");
        }

        return new($"{subject} is not a known setting. Known settings: {KnownOfBus()}.");
    }

    /// <param name="value">The value, named by its path below the group.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="group">The group of the handlers.</param>
    /// <param name="hasBatches">Whether one of them takes batches.</param>
    public static RedisMessagingConfigurationException OfHandlers(ConfiguredValue value, string topic, string group, bool hasBatches)
    {
        var subject = $"Topic '{topic}', group '{group}': {value.Path} ({value.Show()})";
        if (FindHolder(value.Name, HandlerSettings.Names) is { } holder)
        {
            return OnlyOneValue(subject, holder);
        }

        if (!hasBatches && HandlerSettings.OfBatches.FirstOrDefault(setting => setting.IsNamed(value.Name)) is { } ofBatches)
        {
            return new($"{subject} has no effect: {ofBatches.Name} is for batch handlers, and the group has none. "
                + "Leave it out, or register the handler with AddBatchHandler.");
        }

        var name = value.Name.Split(':')[0];
        if (IsName(nameof(ConsumerOptions.Group)) || IsName(nameof(HandlerOptions.Topic)))
        {
            return new($"{subject} can't be configured: topic and group are the keys that it stands below. Set {name} in code.");
        }

        if (value.Name.Equals("Retry:DoNotRetry", StringComparison.OrdinalIgnoreCase)
            || IsName(nameof(ConsumerOptions.OnGap))
            || IsName(nameof(ConsumerOptions.OnDeadLetter))
            || IsName(nameof(ConsumerOptions.PauseOn)))
        {
            // What may stand below it is no member of the options.
            return new(
                $"{subject} can't be configured: set {(IsName(nameof(ConsumerOptions.PauseOn)) ? name : value.Name.Replace(':', '.'))} in "
                + "code.");
        }

        return new($"{subject} is not a known setting of handlers.{Spelling.DidYouMean(value.Name, HandlerSettings.Names)} "
            + $"Known settings: {string.Join(", ", HandlerSettings.Names.Order(StringComparer.Ordinal))}.");

        bool IsName(string option) => name.Equals(option, StringComparison.OrdinalIgnoreCase);
    }

    private static string PlaceOf(string option) => $"{HandlerSettings.Section}:{{group}}:{option}";

    private static bool IsLikeHandlers(string path) =>
        Spelling.Nearest(path.Split(':')[0], [HandlerSettings.Section, "Consumers", "Subscribers", "Groups"]) is not null;

    /// <summary>A setting that holds one value, where the path continues below it.</summary>
    private static string? FindHolder(string path, IReadOnlyList<string> known) =>
        known.FirstOrDefault(
            name => path.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)
                && !known.Any(part => part.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)));

    private static RedisMessagingConfigurationException OnlyOneValue(string subject, string holder) =>
        new($"{subject} stands below '{holder}', which holds a single value: neither a section nor an array.");

    private static bool IsIndex(string path) => path.Split(':')[0].All(char.IsAsciiDigit);

    private static string KnownOfBus() => string.Join(", ", BusSettings.Names.Order(StringComparer.Ordinal));
}
