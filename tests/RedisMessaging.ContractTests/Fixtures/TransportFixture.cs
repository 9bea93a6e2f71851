namespace RedisMessaging.ContractTests;

/// <summary>One transport as the contract sees it: what it declares, and how a topic on it is added.</summary>
public abstract class TransportFixture
{
    public abstract TransportKind Kind { get; }

    /// <summary>Chooses the tests. One of them compares it with what the library declares.</summary>
    public abstract TransportCapabilities Capabilities { get; }

    /// <summary>Whether several groups each get every message, on this server.</summary>
    public bool HasGroups => (Capabilities.FanOut || Capabilities.Groups) && WhyNot(nameof(TransportCapabilities.FanOut)) is null;

    /// <summary>Why the server that the tests run on can't do what the transport declares; <see langword="null"/> when it can.</summary>
    public virtual string? WhyNot(string capability) => null;

    /// <summary>Sets what makes options of the transport those of this fixture.</summary>
    public virtual void Configure(TopicOptions options)
    {
    }

    /// <param name="lease">Ignored where there is no lease.</param>
    public abstract void AddTopic(RedisMessagingBuilder messaging, string name, Action<TopicOptions> configure, TimeSpan? lease);
}
