namespace RedisMessaging.ContractTests;

/// <summary>One transport as the contract sees it: what it declares, and how a topic on it is added.</summary>
public abstract class TransportFixture
{
    public abstract TransportKind Kind { get; }

    /// <summary>Chooses the tests. One of them compares it with what the library declares.</summary>
    public abstract TransportCapabilities Capabilities { get; }

    /// <summary>Sets what makes options of the transport those of this fixture.</summary>
    public virtual void Configure(TopicOptions options)
    {
    }

    /// <param name="lease">Ignored where there is no lease.</param>
    public abstract void AddTopic(RedisMessagingBuilder messaging, string name, Action<TopicOptions> configure, TimeSpan? lease);
}
