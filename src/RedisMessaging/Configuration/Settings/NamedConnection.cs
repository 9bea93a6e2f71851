using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;

namespace RedisMessaging.Configuration.Settings;

/// <summary>A connection that is given by its name in the configuration's <c>ConnectionStrings</c>.</summary>
internal static class NamedConnection
{
    private const string Section = "ConnectionStrings";

    /// <summary>Whether a text may be such a name: one word. It may be a host's name as well.</summary>
    public static bool MayBeName(string text) =>
        !string.IsNullOrWhiteSpace(text) && text.Trim().All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.');

    /// <summary>Where to connect to: what a name stands for, if there is one; else what the text itself says.</summary>
    /// <param name="connection">A connection string, a URL, or a name.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="configurations">Where connection strings are looked for, in this order.</param>
    /// <param name="logger">For the choice of a name.</param>
    /// <exception cref="RedisMessagingConfigurationException">It can't be read, or is almost a name.</exception>
    public static ConnectionSource Resolve(string connection, string path, IEnumerable<IConfiguration?> configurations, ILogger logger)
    {
        if (!MayBeName(connection))
        {
            return ConnectionSource.From(connection, path);
        }

        var word = connection.Trim();
        if (Find(word, configurations) is { } found)
        {
            Log.ConnectionNamed(logger, found.Key, path);
            return ConnectionSource.From(found.Value ?? "", $"{Section}:{found.Key}");
        }

        return Spelling.NearestName(word, NamesIn(configurations).Select(entry => entry.Key)) is { } similar
            ? throw new RedisMessagingConfigurationException(
                $"{path} is '{word}', which {Section} does not have. Did you mean '{similar}'? For a host of that name write "
                + $"'{word}:6379'.")
            : ConnectionSource.From(word, path);
    }

    /// <summary>The connection string of a name, if there is one.</summary>
    public static IConfigurationSection? Find(string word, IEnumerable<IConfiguration?> configurations) =>
        NamesIn(configurations).FirstOrDefault(entry => entry.Key.Equals(word.Trim(), StringComparison.OrdinalIgnoreCase));

    /// <summary>What to say when there is no connection at all.</summary>
    /// <param name="bus">The name of the bus; <see langword="null"/> for the one without.</param>
    /// <param name="path">Where it would stand in the configuration; <see langword="null"/> without one.</param>
    public static RedisMessagingConfigurationException Missing(string? bus, string? path, IEnumerable<IConfiguration?> configurations)
    {
        var names = NamesIn(configurations).Select(entry => $"'{entry.Key}'").ToList();
        return new(
            "There is no connection to Redis: register an IConnectionMultiplexer in the container"
            + (bus is null ? "" : $" under the key '{bus}'")
            + ", give AddRedisMessaging a connection string, or set Connection in its configuration section"
            + (path is null ? "." : $" ({path})." + (names.Count == 0 ? "" : $" It may be a name in {Section}, which has "
            + $"{string.Join(", ", names)}.")));
    }

    private static IEnumerable<IConfigurationSection> NamesIn(IEnumerable<IConfiguration?> configurations) =>
        configurations.OfType<IConfiguration>().SelectMany(configuration => configuration.GetSection(Section).GetChildren());
}
