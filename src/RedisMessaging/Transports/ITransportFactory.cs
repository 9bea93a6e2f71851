namespace RedisMessaging.Transports;

/// <summary>Makes one kind of transport and its options.</summary>
internal interface ITransportFactory
{
    TransportKind Kind { get; }

    TopicOptions CreateOptions();

    /// <summary>What <see cref="Bind"/> can set, by name.</summary>
    IReadOnlyList<string> SettingNames { get; }

    /// <summary>Binds the section <c>Topics:{name}</c> over options that <see cref="CreateOptions"/> made.</summary>
    void Bind(Microsoft.Extensions.Configuration.IConfigurationSection section, TopicOptions options);

    /// <summary>What the transport promises with these options.</summary>
    TransportCapabilities Describe(TopicOptions options);

    /// <summary>Throws a <see cref="RedisMessagingConfigurationException"/> that names the topic, the value and the fix.</summary>
    void Validate(string topic, TopicOptions options);

    ITransport Create(TransportContext context);
}
