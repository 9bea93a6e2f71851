using RedisMessaging.Pipeline;
using RedisMessaging.Transports;

namespace RedisMessaging.Configuration;

/// <summary>A topic as it was registered and then configured.</summary>
internal sealed class TopicDefinition
{
    private readonly Dictionary<string, MessageType> _byWireName = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, MessageType> _byType = [];

    public TopicDefinition(string name, ITransportFactory factory, TopicOptions options, IReadOnlyList<MessageType> messageTypes)
    {
        Name = name;
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

    public bool IsPattern => TopicName.IsPattern(Name);

    public IReadOnlyCollection<MessageType> MessageTypes => _byType.Values;

    public MessageType? FindByWireName(string wireName) => _byWireName.GetValueOrDefault(wireName);

    public MessageType? FindByType(Type type) => _byType.GetValueOrDefault(type);

    public MessageType GetByType(Type type) => FindByType(type)
        ?? throw new RedisMessagingConfigurationException($"Topic '{Name}' does not carry '{type.Name}'; it carries {DescribeTypes()}. Add Carries<{type.Name}>() to it.");

    public string DescribeTypes() => _byType.Count == 0 ? "nothing" : string.Join(", ", _byType.Keys.Select(type => type.Name));
}
