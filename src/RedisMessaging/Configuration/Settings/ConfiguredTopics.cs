using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Configuration.Settings;

/// <summary>
/// The configuration section <c>Topics</c>, by topic. A colon separates keys there and may stand in names: the longest registered name that
/// fits is meant.
/// </summary>
internal sealed class ConfiguredTopics
{
    private readonly Dictionary<string, List<ConfiguredValue>> _byTopic = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, List<ConfiguredValue>> _handlersByTopic = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ConfiguredValue> _others = [];
    private readonly IReadOnlyList<TopicRegistration> _topics;

    /// <param name="section">The section; <see langword="null"/> without configuration.</param>
    /// <param name="topics">The registered topics.</param>
    /// <exception cref="RedisMessagingConfigurationException">It is not a section of topics.</exception>
    public ConfiguredTopics(IConfigurationSection? section, IReadOnlyList<TopicRegistration> topics)
    {
        _topics = topics;
        if (section is null)
        {
            return;
        }

        var values = ConfiguredValues.Below(section);
        RequireSection(section, values);
        foreach (var value in values)
        {
            var topic = topics.Select(topic => topic.Name).Where(value.IsOf).MaxBy(name => name.Length);
            if (topic is null)
            {
                _others.Add(value);
                continue;
            }

            AddTo(topic, value);
        }
    }

    /// <summary>What is said of a topic, named by the paths below it; without its handlers.</summary>
    public IReadOnlyList<ConfiguredValue> Of(string topic) => _byTopic.TryGetValue(topic, out var values) ? values : [];

    /// <summary>What is said of a topic's handlers, named by the paths below <c>Handlers</c>.</summary>
    public IReadOnlyList<ConfiguredValue> HandlersOf(string topic) => _handlersByTopic.TryGetValue(topic, out var values) ? values : [];

    /// <summary>
    /// Looks at topics that are configured and not registered. That is no mistake where services share their configuration: it is logged,
    /// unless the name is close to that of a registered topic which the configuration does not have.
    /// </summary>
    /// <exception cref="RedisMessagingConfigurationException">A name is misspelt.</exception>
    public void CheckOthers(ILogger logger)
    {
        foreach (var group in _others.GroupBy(NameOf, StringComparer.OrdinalIgnoreCase))
        {
            var (name, first) = (group.Key, group.First());
            var silent = _topics.Select(topic => topic.Name).Where(topic => !_byTopic.ContainsKey(topic)).ToList();
            if ((Spelling.NearestName(name, silent) ?? silent.Find(topic => HasSameMembers(topic, name))) is { } meant)
            {
                throw new RedisMessagingConfigurationException(
                    $"{first.Path} ({first.Show()}) is about a topic '{name}', which this process does not register. Did you mean "
                    + $"'{meant}'? "
                    + $"If '{name}' is a topic of another service, say something of '{meant}' as well, if only \"{meant}\": {{}}.");
            }

            if (_topics.FirstOrDefault(topic => IsMember(topic.Name, name)) is { } family)
            {
                Log.MemberConfigured(logger, name, first.Path, family.Name);
            }
            else
            {
                Log.UnknownTopicConfigured(logger, name, first.Path);
            }
        }
    }

    private void AddTo(string topic, ConfiguredValue value)
    {
        if (!_byTopic.TryGetValue(topic, out var ofTopic))
        {
            _byTopic.Add(topic, ofTopic = []);
        }

        var below = value.Below(topic);
        if (below.Name.Length == 0)
        {
            // A topic that is one word is its transport; one that is null, or an empty object, says nothing.
            if (value.Text is not null)
            {
                ofTopic.Add(value with { Name = TopicSettings.Transport });
            }

            return;
        }

        if (!below.IsOf(HandlerSettings.Section))
        {
            ofTopic.Add(below);
            return;
        }

        if (!_handlersByTopic.TryGetValue(topic, out var handlers))
        {
            _handlersByTopic.Add(topic, handlers = []);
        }

        handlers.Add(below.Below(HandlerSettings.Section));
    }

    private static bool IsMember(string family, string name) =>
        TopicName.IsPattern(family) && !TopicName.IsPattern(name) && TopicPattern.Parse(family).Matches(name);

    /// <summary>Whether a name is another way to write a family: <c>notifications:*</c> and <c>notifications:{userId}</c>.</summary>
    private static bool HasSameMembers(string family, string name) =>
        TopicName.IsPattern(family)
            && TopicName.IsPattern(name)
            && string.Equals(GlobOf(family), GlobOf(name), StringComparison.OrdinalIgnoreCase);

    private static string GlobOf(string name)
    {
        try
        {
            return TopicPattern.Parse(name).Glob;
        }
        catch (RedisMessagingConfigurationException)
        {
            return name;
        }
    }

    /// <summary>
    /// The topic that a value is about, as far as that can be said: what stands before the first thing that is called like a setting, or
    /// before the last colon.
    /// </summary>
    private static string NameOf(ConfiguredValue value) => value.StartBefore(UnknownSettings.OfTopics, least: 1)
        ?? (value.Text is null || SettingTypes.Word<TransportKind>().TryRead(value.Text, out _) ? value.Name : value.WithoutLastPart());

    private static void RequireSection(IConfigurationSection section, IReadOnlyList<ConfiguredValue> values)
    {
        const string example = "it must be a section of topics, such as { \"orders\": { \"Transport\": \"Queue\" } }.";
        if (section.Value is not null)
        {
            throw new RedisMessagingConfigurationException($"{section.Path} is a single value or an empty array; {example}");
        }

        var keys = section.GetChildren().Select(child => child.Key).ToList();
        if (keys.Count > 0
            && keys.TrueForAll(key => key.All(char.IsAsciiDigit))
            && values.Any(value => value.Name == "0" || value.Name.StartsWith("0:", StringComparison.Ordinal)))
        {
            throw new RedisMessagingConfigurationException($"{section.Path} is an array; {example}");
        }
    }
}
