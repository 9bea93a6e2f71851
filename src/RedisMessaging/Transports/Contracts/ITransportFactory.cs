using RedisMessaging.Configuration.Settings.Types;

namespace RedisMessaging.Transports.Contracts;

/// <summary>Makes one kind of transport and its options.</summary>
internal interface ITransportFactory
{
    TransportKind Kind { get; }

    TopicOptions CreateOptions();

    /// <summary>What configuration can set of the options that <see cref="CreateOptions"/> makes, in the order in which it is read.</summary>
    IReadOnlyList<Setting> Settings { get; }

    /// <summary>Options that differ from their default and change nothing, with this transport or beside the others.</summary>
    IEnumerable<OptionWithoutEffect> FindWithoutEffect(TopicOptions options);

    /// <summary>What the transport promises with these options.</summary>
    TransportCapabilities Describe(TopicOptions options);

    /// <summary>Throws a <see cref="RedisMessagingConfigurationException"/> that names the topic, the value and the fix.</summary>
    void Validate(string topic, TopicOptions options);

    ITransport Create(TransportContext context);
}
