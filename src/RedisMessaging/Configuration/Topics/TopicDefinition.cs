using System.Diagnostics.CodeAnalysis;
using RedisMessaging.Diagnostics;
using RedisMessaging.Serialization;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Configuration.Topics;

/// <summary>A topic as it was registered and then configured.</summary>
internal sealed class TopicDefinition
{
    private readonly Dictionary<string, MessageType> _byWireName = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, MessageType> _byType = [];

    public TopicDefinition(string name, ITransportFactory factory, TopicOptions options, IReadOnlyList<MessageType> messageTypes)
    {
        Name = name;
        Pattern = TopicName.IsPattern(name) ? TopicPattern.Parse(name) : null;
        Factory = factory;
        Options = options;
        foreach (var type in messageTypes)
        {
            _byType.Add(type.Type, type);
            foreach (var wireName in type.Names)
            {
                _byWireName.Add(wireName, type);
            }
        }
    }

    public string Name { get; }

    public ITransportFactory Factory { get; }

    public TopicOptions Options { get; }

    public TransportKind Kind => Factory.Kind;

    public TransportCapabilities Capabilities => Factory.Describe(Options);

    /// <summary>What it stands for, if it is a family of topics.</summary>
    public TopicPattern? Pattern { get; }

    /// <summary>
    /// Whether its members have keys of their own in Redis, and a registry tells which there are. On Pub/Sub the server matches channels by
    /// itself.
    /// </summary>
    [MemberNotNullWhen(true, nameof(Pattern))]
    public bool HasMembers => Pattern is not null && Capabilities.Durable;

    /// <summary>What a subscription to all of it is opened with: globs, not parameters, are what transports know.</summary>
    public string Address => Pattern?.Glob ?? Name;

    public IReadOnlyCollection<MessageType> MessageTypes => _byType.Values;

    public MessageType? FindByWireName(string wireName) => _byWireName.GetValueOrDefault(wireName);

    public MessageType? FindByType(Type type) => _byType.GetValueOrDefault(type);

    public MessageType GetByType(Type type) => FindByType(type) ?? throw NotCarried(type);

    /// <summary>The carried types that are what a handler takes: the type itself, and what derives from it.</summary>
    /// <exception cref="RedisMessagingConfigurationException">There are none.</exception>
    public HashSet<Type> TypesThatAre(Type type)
    {
        var types = _byType.Keys.Where(type.IsAssignableFrom).ToHashSet();
        return types.Count > 0 ? types : throw NotCarried(type);
    }

    /// <summary>
    /// Whether messages that are given as a type can be what the topic carries: it is carried, or derived from what is, or what is derives
    /// from it.
    /// </summary>
    public bool MayCarry(Type type) => _byType.Keys.Any(carried => carried.IsAssignableFrom(type) || type.IsAssignableFrom(carried));

    /// <summary>A type's name in a sentence that lists what the topic carries.</summary>
    public string NameOf(Type type) => TypeName.Among(type, _byType.Keys);

    public string DescribeTypes() => DescribeTypes(_byType.Keys);

    /// <param name="others">The other types of the sentence.</param>
    public string DescribeTypes(IEnumerable<Type> others) =>
        _byType.Count == 0 ? "nothing" : string.Join(", ", _byType.Keys.Select(type => TypeName.Among(type, others)));

    private RedisMessagingConfigurationException NotCarried(Type type) =>
        new($"Topic '{Name}' does not carry '{NameOf(type)}'; it carries {DescribeTypes()}. Add Carries<{NameOf(type)}>() to it.");
}
