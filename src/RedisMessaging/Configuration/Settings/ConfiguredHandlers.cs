using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Configuration;

/// <summary>
/// The sections <c>Handlers</c> of all topics, by group. What the configuration says goes into a copy of the options, so that what code says is known when the configuration changes.
/// </summary>
internal sealed class ConfiguredHandlers(Func<string, IReadOnlyList<ConfiguredValue>> ofTopic)
{
    /// <summary>No configuration.</summary>
    public static ConfiguredHandlers None { get; } = new(_ => []);

    /// <summary>The options of one consumer's handlers as the configuration has them.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="coded">As code has them; unchanged.</param>
    /// <exception cref="RedisMessagingConfigurationException">A setting is unknown, or can't be read.</exception>
    public IReadOnlyList<ConsumerOptions> Apply(string topic, string group, IReadOnlyList<ConsumerOptions> coded)
    {
        var values = Of(topic, group);
        if (values.Count == 0)
        {
            return coded;
        }

        RequireOneForm(topic, group, values);
        var hasBatches = coded.Any(options => options is IBatchOptions);
        return coded.Select(options => Read(options.Copy(), values, topic, group, hasBatches)).ToList();
    }

    /// <summary>What is said of a group, named by the paths below it.</summary>
    public IReadOnlyList<ConfiguredValue> Of(string topic, string group) =>
        [.. ofTopic(topic).Where(value => IsOf(group, value.Name)).Select(value => value with { Name = value.Name.Length > group.Length ? value.Name[(group.Length + 1)..] : "" })];

    /// <summary>
    /// Looks at groups that are configured and not registered. That is no mistake where services share their configuration, or where code subscribes later: it is logged, unless the name is
    /// close to that of a registered group which the configuration does not have.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="groups">The registered groups of the topic.</param>
    /// <param name="logger">For what may be meant for another process.</param>
    /// <exception cref="RedisMessagingConfigurationException">A name is misspelt, or it is no section of groups.</exception>
    public void CheckOthers(string topic, IReadOnlyCollection<string> groups, ILogger logger)
    {
        var values = ofTopic(topic);
        if (values.FirstOrDefault(value => value.Name.Length == 0 && value.Text is not null) is { } single)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}': {single.Path} is {single.Show()}; it must be a section of groups, such as {{ \"inventory\": {{ \"Concurrency\": 4 }} }}.");
        }

        var silent = groups.Where(group => Of(topic, group).Count == 0).ToList();
        foreach (var others in values.Where(value => value.Name.Length > 0 && !groups.Any(group => IsOf(group, value.Name))).GroupBy(GroupOf, StringComparer.OrdinalIgnoreCase))
        {
            var (name, first) = (others.Key, others.First());
            if (HandlerSettings.Names.Any(setting => IsOf(setting.Split(':')[0], name)))
            {
                throw new RedisMessagingConfigurationException(
                    $"Topic '{topic}': {first.Path} ({first.Show()}) stands directly below {HandlerSettings.Section}, where the names of groups stand. Move it below the group: {Advice(groups, first.Name)}.");
            }

            if (Spelling.NearestName(name, silent) is { } meant)
            {
                throw new RedisMessagingConfigurationException(
                    $"Topic '{topic}': {first.Path} ({first.Show()}) is about a group '{name}', which has no handler in this process. Did you mean '{meant}'? "
                    + $"If '{name}' is a group of another service, say something of '{meant}' as well, if only \"{meant}\": {{}}.");
            }

            Log.UnknownGroupConfigured(logger, topic, name, first.Path);
        }
    }

    private static string Advice(IReadOnlyCollection<string> groups, string setting) => $"{HandlerSettings.Section}:{(groups.Count == 1 ? groups.First() : "{group}")}:{setting}";

    private static ConsumerOptions Read(ConsumerOptions options, IReadOnlyList<ConfiguredValue> values, string topic, string group, bool hasBatches)
    {
        var subject = $"Topic '{topic}', group '{group}': ";
        var unread = ConfiguredValues.ReadInto(options, HandlerSettings.All, values, subject);
        if (options is IBatchOptions)
        {
            unread = ConfiguredValues.ReadInto(options, HandlerSettings.OfBatches, unread, subject);
        }

        foreach (var value in unread)
        {
            // Where handlers of both kinds form one consumer, it is for those that take batches.
            if (!IsEmpty(value) && !(hasBatches && HandlerSettings.OfBatches.Any(setting => setting.IsNamed(value.Name))))
            {
                throw UnknownSettings.OfHandlers(value, topic, group, hasBatches);
            }
        }

        return options;
    }

    /// <summary>A group that is null, or an empty object, says nothing; nor do <c>Retry</c> and <c>RateLimit</c> that are.</summary>
    private static bool IsEmpty(ConfiguredValue value) =>
        value.Text is null && (value.Name.Length == 0 || HandlerSettings.Names.Any(name => name.StartsWith(value.Name + ":", StringComparison.OrdinalIgnoreCase)));

    private static void RequireOneForm(string topic, string group, IReadOnlyList<ConfiguredValue> values)
    {
        if (values.FirstOrDefault(value => value.Name.Length == 0 && value.Text is not null) is { } single)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}', group '{group}': {single.Path} is {single.Show()}; it must be a section with settings: {string.Join(", ", HandlerSettings.Names)}.");
        }

        ConfiguredValues.RequireOneForm($"Topic '{topic}', group '{group}'", values);
    }

    /// <summary>The group that a value is about, as far as that can be said: what stands before the first thing that is called like a setting, or before the last colon.</summary>
    private static string GroupOf(ConfiguredValue value)
    {
        var parts = value.Name.Split(':');
        for (var i = 0; i < parts.Length; i++)
        {
            if (HandlerSettings.Names.Any(name => name.Split(':')[0].Equals(parts[i], StringComparison.OrdinalIgnoreCase)))
            {
                return i == 0 ? parts[0] : string.Join(':', parts[..i]);
            }
        }

        return parts.Length == 1 ? parts[0] : string.Join(':', parts[..^1]);
    }

    private static bool IsOf(string group, string path) => path.Equals(group, StringComparison.OrdinalIgnoreCase) || path.StartsWith(group + ":", StringComparison.OrdinalIgnoreCase);
}
