using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Configuration.Settings;

/// <summary>Finds what the configuration given to AddRedisMessaging says to no effect, beside its topics.</summary>
internal static class BusSection
{
    private const string UsualName = "RedisMessaging";

    /// <param name="configuration">What AddRedisMessaging was given.</param>
    /// <param name="root">The application's whole configuration, if it is known.</param>
    /// <param name="topics">The registered topics.</param>
    /// <param name="sections">The paths of the sections that buses of this process read.</param>
    /// <param name="logger">For what may be meant for another process.</param>
    /// <exception cref="RedisMessagingConfigurationException">It has something that no setting is called.</exception>
    public static void Check(
        IConfiguration configuration,
        IConfiguration? root,
        IReadOnlyCollection<string> topics,
        IReadOnlyCollection<string> sections,
        ILogger logger)
    {
        var values = ConfiguredValues.Below(configuration);
        if (configuration is IConfigurationSection section)
        {
            CheckPlace(section, isEmpty: values.Count == 0, root, sections, logger);
        }
        else if (values.FirstOrDefault(value => IsBelow(value.Name, UsualName)) is not null)
        {
            throw new RedisMessagingConfigurationException(
                $"AddRedisMessaging was given the whole configuration, whose section '{UsualName}' it would not read. Give it that "
                + $"section: configuration.GetSection(\"{UsualName}\").");
        }

        RequireKnown(OfBus(configuration, values), topics);
    }

    /// <summary>What is said of the bus as a whole, or seems to be: everything but its topics.</summary>
    /// <param name="configuration">What AddRedisMessaging was given.</param>
    public static IReadOnlyList<ConfiguredValue> ValuesOf(IConfiguration configuration) =>
        OfBus(configuration, ConfiguredValues.Below(configuration));

    private static IReadOnlyList<ConfiguredValue> OfBus(IConfiguration configuration, IReadOnlyList<ConfiguredValue> values) =>
    [
        .. values
            .Where(value => !IsBelow(value.Name, BusSettings.Topics))
            // The whole configuration has much that is not about messaging, environment variables for one.
            .Where(value => configuration is IConfigurationSection || IsKnown(value.Name) || IsMeantForUs(value.Name)),
    ];

    /// <param name="values">What is said of the bus.</param>
    /// <param name="topics">The registered topics.</param>
    /// <exception cref="RedisMessagingConfigurationException">One of them is no setting.</exception>
    public static void RequireKnown(IReadOnlyList<ConfiguredValue> values, IReadOnlyCollection<string> topics)
    {
        if (values.FirstOrDefault(value => !IsKnown(value.Name)) is { } unknown)
        {
            throw UnknownSettings.OfBus(unknown, topics);
        }
    }

    private static bool IsKnown(string path) => BusSettings.Names.Contains(path, StringComparer.OrdinalIgnoreCase);

    private static bool IsBelow(string path, string section) => path.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase);

    private static bool IsMeantForUs(string path)
    {
        var first = path.Split(':')[0];
        return first.Equals(HandlerSettings.Section, StringComparison.OrdinalIgnoreCase)
            || Spelling.Nearest(first, BusSettings.Names) is not null;
    }

    /// <summary>A section that is not there is read like an empty one: maybe its name is misspelt, here or there.</summary>
    private static void CheckPlace(
        IConfigurationSection section,
        bool isEmpty,
        IConfiguration? root,
        IReadOnlyCollection<string> sections,
        ILogger logger)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            throw new RedisMessagingConfigurationException(
                $"{section.Path} is a single value; it must be a section with settings: {string.Join(", ", BusSettings.Names)}. A "
                + $"connection string goes to {section.Path}:{BusSettings.Connection}.");
        }

        var parent = section.Path.LastIndexOf(':') is > 0 and var colon ? root?.GetSection(section.Path[..colon]) : root;
        var others = parent?.GetChildren().Where(other => !IsRead(other) && BusSettings.LooksLikeOurs(other)).ToList() ?? [];
        var similar = Spelling.NearestName(section.Key, others.Select(other => other.Key)) is { } name
            ? others.Find(other => other.Key == name)
            : null;
        if (isEmpty && similar is not null)
        {
            throw new RedisMessagingConfigurationException(
                $"The configuration section '{section.Path}', which AddRedisMessaging was given, does not exist. Did you mean "
                + $"'{similar.Path}'? Give both the same name.");
        }

        if (isEmpty)
        {
            Log.SectionEmpty(logger, section.Path);
        }
        else if (similar is not null)
        {
            Log.SimilarSection(logger, similar.Path, section.Path);
        }

        bool IsRead(IConfigurationSection other) =>
            other.Key.Equals(section.Key, StringComparison.OrdinalIgnoreCase)
            || sections.Contains(other.Path, StringComparer.OrdinalIgnoreCase);
    }
}
