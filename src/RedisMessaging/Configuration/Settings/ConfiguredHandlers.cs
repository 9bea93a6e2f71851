using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Configuration.Settings;

/// <summary>
/// The sections <c>Handlers</c> of all topics, by group. What the configuration says goes into copies: the options of code stay as they
/// are.
/// </summary>
internal sealed class ConfiguredHandlers(ConfiguredTopics topics)
{
    private volatile ConfiguredTopics _topics = topics;

    /// <summary>The configuration whose handlers these are. Another one once it has changed.</summary>
    public ConfiguredTopics Topics
    {
        get => _topics;
        set => _topics = value;
    }

    /// <summary>Defines a consumer with the options of its handlers as the configuration has them.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="coded">As code has them; unchanged.</param>
    /// <param name="define">Makes the consumer of them.</param>
    /// <exception cref="RedisMessagingConfigurationException">
    /// A setting is unknown, or can't be read, or the consumer can't be: the text names the path of the setting that is at fault.
    /// </exception>
    public ConsumerDefinition Define(
        string topic,
        string group,
        IReadOnlyList<ConsumerOptions> coded,
        Func<IReadOnlyList<ConsumerOptions>, ConsumerDefinition> define)
    {
        var values = Of(topic, group);
        var options = values.Count == 0 ? coded : Apply(topic, group, values, coded);
        try
        {
            return define(options) with { Reconfigured = () => Define(topic, group, coded, define) };
        }
        catch (RedisMessagingConfigurationException error)
        {
            throw ConfiguredValues.NamePath(error, values);
        }
    }

    /// <summary>
    /// Looks at groups that are configured and not registered. That is no mistake where services share their configuration, or where code
    /// subscribes later: it is logged, unless the name is close to that of a registered group which the configuration does not have.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="groups">The registered groups of the topic.</param>
    /// <param name="logger">For what may be meant for another process.</param>
    /// <exception cref="RedisMessagingConfigurationException">A name is misspelt, or it is no section of groups.</exception>
    public void CheckOthers(string topic, IReadOnlyCollection<string> groups, ILogger logger)
    {
        var values = _topics.HandlersOf(topic);
        if (values.FirstOrDefault(value => value.Name.Length == 0 && value.Text is not null) is { } single)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}': {single.Path} is {single.Show()}; it must be a section of groups, "
                + "such as { \"inventory\": { \"Concurrency\": 4 } }.");
        }

        var silent = groups.Where(group => Of(topic, group).Count == 0).ToList();
        var unregistered = values.Where(value => value.Name.Length > 0 && !groups.Any(value.IsOf));
        foreach (var others in unregistered.GroupBy(GroupOf, StringComparer.OrdinalIgnoreCase))
        {
            var (name, first) = (others.Key, others.First());
            if (HandlerSettings.IsFirstPart(name))
            {
                throw new RedisMessagingConfigurationException(
                    $"Topic '{topic}': {first.Path} ({first.Show()}) stands directly below {HandlerSettings.Section}, "
                    + $"where the names of groups stand. Move it below the group: {Advice(groups, first.Name)}.");
            }

            if (Spelling.NearestName(name, silent) is { } meant)
            {
                throw new RedisMessagingConfigurationException(
                    $"Topic '{topic}': {first.Path} ({first.Show()}) is about a group '{name}', which has no handler in this process. "
                    + $"Did you mean '{meant}'? "
                    + $"If '{name}' is a group of another service, say something of '{meant}' as well, if only \"{meant}\": {{}}.");
            }

            Log.UnknownGroupConfigured(logger, topic, name, first.Path);
        }
    }

    /// <summary>What is said of a group, named by the paths below it.</summary>
    private List<ConfiguredValue> Of(string topic, string group) =>
        [.. _topics.HandlersOf(topic).Where(value => value.IsOf(group)).Select(value => value.Below(group))];

    private static List<ConsumerOptions> Apply(
        string topic,
        string group,
        List<ConfiguredValue> values,
        IReadOnlyList<ConsumerOptions> coded)
    {
        RequireOneForm(topic, group, values);
        var hasBatches = coded.Any(options => options is IBatchOptions);
        return [.. coded.Select(options => Read(options.Copy(), values, topic, group, hasBatches))];
    }

    private static string Advice(IReadOnlyCollection<string> groups, string setting) =>
        $"{HandlerSettings.Section}:{(groups.Count == 1 ? groups.First() : "{group}")}:{setting}";

    private static ConsumerOptions Read(
        ConsumerOptions options,
        IReadOnlyList<ConfiguredValue> values,
        string topic,
        string group,
        bool hasBatches)
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
        value.Text is null && (value.Name.Length == 0 || HandlerSettings.IsSection(value.Name));

    private static void RequireOneForm(string topic, string group, IReadOnlyList<ConfiguredValue> values)
    {
        if (values.FirstOrDefault(value => value.Name.Length == 0 && value.Text is not null) is { } single)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic}', group '{group}': {single.Path} is {single.Show()}; it must be a section with settings: "
                + $"{string.Join(", ", HandlerSettings.Names)}.");
        }

        ConfiguredValues.RequireOneForm($"Topic '{topic}', group '{group}'", values);
    }

    /// <summary>
    /// The group that a value is about, as far as that can be said: what stands before the first thing that is called like a setting, or
    /// before the last colon.
    /// </summary>
    private static string GroupOf(ConfiguredValue value) => value.StartBefore(HandlerSettings.Names, least: 0) switch
    {
        null => value.WithoutLastPart(),
        // It stands where a group should: the caller refuses that.
        "" => value.Name.Split(':')[0],
        var group => group,
    };
}
