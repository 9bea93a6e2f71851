using Microsoft.Extensions.Configuration;
using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Configuration.Settings;

/// <summary>Reads what a part of the configuration says.</summary>
internal static class ConfiguredValues
{
    /// <summary>
    /// All values below a section, named by their paths from there. A section without a value is one of them only where nothing stands
    /// below it.
    /// </summary>
    public static IReadOnlyList<ConfiguredValue> Below(IConfiguration configuration)
    {
        var settings = configuration.AsEnumerable(makePathsRelative: true).Where(setting => setting.Key.Length > 0).ToList();
        var parents = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, _) in settings)
        {
            for (var colon = key.LastIndexOf(':'); colon > 0; colon = key.LastIndexOf(':', colon - 1))
            {
                parents.Add(key[..colon]);
            }
        }

        var start = configuration is IConfigurationSection section ? section.Path + ":" : "";
        return
        [
            .. settings
                .Where(setting => setting.Value is not null || !parents.Contains(setting.Key))
                .Select(setting => new ConfiguredValue(setting.Key, setting.Value, start + setting.Key))
                .OrderBy(value => value.Name, StringComparer.OrdinalIgnoreCase),
        ];
    }

    /// <summary>Reads what is known into options, in the order of the settings, and returns the rest.</summary>
    /// <exception cref="RedisMessagingConfigurationException">A value can't be read.</exception>
    public static IReadOnlyList<ConfiguredValue> ReadInto(
        object options,
        IReadOnlyList<Setting> settings,
        IReadOnlyList<ConfiguredValue> values,
        string subject)
    {
        foreach (var setting in settings)
        {
            foreach (var value in values.Where(value => setting.IsNamed(value.Name)))
            {
                setting.Read(options, value, subject);
            }
        }

        return [.. values.Where(value => !settings.Any(setting => setting.IsNamed(value.Name)))];
    }

    /// <summary>Two places of the configuration, a file and an environment variable, may each say it in a form of its own.</summary>
    /// <exception cref="RedisMessagingConfigurationException">Something is a value in one place and a section in another.</exception>
    public static void RequireOneForm(string subject, IReadOnlyList<ConfiguredValue> values)
    {
        foreach (var value in values.Where(value => value.Text is not null))
        {
            if (values.FirstOrDefault(part => part.Name.StartsWith(value.Name + ":", StringComparison.OrdinalIgnoreCase)) is { } part)
            {
                throw new RedisMessagingConfigurationException(
                    $"{subject}: {value.Path} is {value.Show()}, and {part.Path} is {part.Show()}: it can't be a value and a section. "
                    + "Leave one of them out.");
            }
        }
    }

    /// <summary>The paths of what one of them says and the other does not.</summary>
    public static IReadOnlyList<string> Differences(IReadOnlyList<ConfiguredValue> before, IReadOnlyList<ConfiguredValue> after) =>
        [.. before.Except(after).Concat(after.Except(before)).Select(value => value.Path).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The error with the path of the value that it is about, if the configuration has it.</summary>
    public static RedisMessagingConfigurationException NamePath(
        RedisMessagingConfigurationException error,
        IReadOnlyList<ConfiguredValue> values)
    {
        var paths = values
            .Where(
                value => value.Name.Length > 0
                    && error.Message.Contains($"{value.Name.Replace(':', '.')} is ", StringComparison.OrdinalIgnoreCase))
            .Select(value => value.Path)
            .ToList();
        return paths.Count == 0
            ? error
            : new RedisMessagingConfigurationException(
                $"{BoundedText.MessageOf(error)} It is configured at {string.Join(", ", paths)}.",
                error);
    }
}
