namespace RedisMessaging;

/// <summary>A topic as an operator sees it.</summary>
public interface ITopic
{
    /// <summary>The topic's name.</summary>
    string Name { get; }

    /// <summary>The transport it is on.</summary>
    TransportKind Transport { get; }

    /// <summary>What that transport promises.</summary>
    TransportCapabilities Capabilities { get; }

    /// <summary>The messages that were kept aside.</summary>
    /// <exception cref="RedisMessagingConfigurationException">The topic is on Pub/Sub without <see cref="PubSubOptions.KeepDeadLetters"/>: it keeps none.</exception>
    IDeadLetters DeadLetters { get; }

    /// <summary>The messages that were published to be handled later (<see cref="PublishOptions.Delay"/>, <see cref="PublishOptions.NotBefore"/>) and are not due yet.</summary>
    /// <exception cref="RedisMessagingConfigurationException">The topic is on Pub/Sub, which keeps none.</exception>
    IScheduledMessages Scheduled { get; }
}
