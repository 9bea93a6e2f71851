using Microsoft.Extensions.Configuration;
using RedisMessaging.Transports;

namespace RedisMessaging.Configuration;

/// <summary>Finds what stands in the configuration section <c>Topics</c> and means nothing: a misspelt setting would be ignored in silence.</summary>
internal static class UnknownSettings
{
    /// <param name="unknownTopic">Told of settings of topics that are not here: not a mistake where applications share a configuration.</param>
    /// <exception cref="RedisMessagingConfigurationException">A topic of ours has a setting that no transport knows.</exception>
    public static void Check(IConfigurationSection? topics, IReadOnlyCollection<string> names, Action<string> unknownTopic)
    {
        if (topics is null)
        {
            return;
        }

        // All transports' settings: those of one that is not chosen may stay when the one word is changed.
        var known = TransportCatalog.All.SelectMany(factory => factory.SettingNames).Append("Transport").Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        foreach (var path in topics.AsEnumerable(makePathsRelative: true).Where(setting => setting.Value is not null).Select(setting => setting.Key))
        {
            // A colon separates keys and may stand in names: the longest name that fits is meant.
            var topic = names.Where(name => path.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).MaxBy(name => name.Length);
            if (topic is null)
            {
                unknownTopic(path);
            }
            else if (!known.Contains(path[(topic.Length + 1)..], StringComparer.OrdinalIgnoreCase))
            {
                throw new RedisMessagingConfigurationException($"Topic '{topic}': the configuration has the setting '{path[(topic.Length + 1)..]}', which there is not. Use {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
            }
        }
    }
}
