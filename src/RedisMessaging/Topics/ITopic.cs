namespace RedisMessaging;

/// <summary>A topic for operators: what it holds, and what pauses it.</summary>
public interface ITopic
{
    /// <summary>The topic's name.</summary>
    string Name { get; }

    /// <summary>The transport it is on.</summary>
    TransportKind Transport { get; }

    /// <summary>What that transport promises.</summary>
    TransportCapabilities Capabilities { get; }

    /// <summary>The topic's dead letters.</summary>
    /// <exception cref="NotSupportedException">The topic is on Pub/Sub without <see cref="PubSubOptions.KeepDeadLetters"/>, or a family, whose members have dead letters.</exception>
    IDeadLetters DeadLetters { get; }

    /// <summary>The messages that were published to be handled later (<see cref="PublishOptions.Delay"/>, <see cref="PublishOptions.NotBefore"/>) and are not due yet.</summary>
    /// <exception cref="NotSupportedException">The topic is on Pub/Sub, which keeps no scheduled messages, or a family, whose members have a schedule.</exception>
    IScheduledMessages Scheduled { get; }

    /// <summary>
    /// Pauses all consumers of the topic, or of one of its groups, in every process: within a second no handler is started any more and no reader is handed a message, while running handlers end.
    /// It stays so over restarts, for consumers that start later, too, until <see cref="ResumeAsync"/>. Written to the hash <c>{topic}:paused</c> (<c>HSETNX</c>), with an
    /// <c>XADD</c> that wakes the consumers.
    /// </summary>
    /// <remarks>
    /// Queue and stream: consumers stop fetching and give back what they had not started; messages wait in Redis, and their <see cref="PublishOptions.TimeToLive"/> runs on. Pub/Sub: subscribers stay
    /// subscribed, and messages gather in their buffers, which drop as <see cref="PubSubOptions.FullMode"/> says once they are full, and count that. Publishing goes on everywhere.
    /// A consumer whose user may not read the hash is not paused, which its process logs once.
    /// </remarks>
    /// <param name="group">The group; <see langword="null"/> for the topic. On a queue and on Pub/Sub the label of its consumers.</param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns><see langword="false"/> when it was paused already.</returns>
    /// <exception cref="ArgumentException">The group is blank.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be reached, or refuses.</exception>
    ValueTask<bool> PauseAsync(string? group = null, CancellationToken cancellationToken = default);

    /// <summary>Takes back <see cref="PauseAsync"/> of the topic or of a group, each by itself: a group of a topic that is paused stays paused, and so does a paused group of a topic that goes on (<c>HDEL</c>).</summary>
    /// <param name="group">The group; <see langword="null"/> for the topic.</param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns><see langword="false"/> when it was not paused.</returns>
    /// <exception cref="ArgumentException">The group is blank.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be reached, or refuses.</exception>
    ValueTask<bool> ResumeAsync(string? group = null, CancellationToken cancellationToken = default);

    /// <summary>What is paused on the topic, what was paused first in front (<c>HGETALL</c>).</summary>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>The topic or groups; empty when nothing is paused.</returns>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be reached, or refuses.</exception>
    ValueTask<IReadOnlyList<TopicPause>> GetPausedAsync(CancellationToken cancellationToken = default);

    /// <summary>What only a stream has: consumer groups, a history, trimming.</summary>
    /// <returns>The same topic, with these members.</returns>
    /// <exception cref="NotSupportedException">The topic is on another transport, or a family, whose members are streams.</exception>
    IStreamTopic AsStream();

    /// <summary>What only Pub/Sub has: subscribers to count.</summary>
    /// <returns>The same topic, with these members.</returns>
    /// <exception cref="NotSupportedException">The topic is on another transport.</exception>
    IPubSubTopic AsPubSub();

    /// <summary>What only a family (<c>logs:*</c>) has: members.</summary>
    /// <returns>The same topic, with these members.</returns>
    /// <exception cref="NotSupportedException">The topic is no family, or on Pub/Sub, which keeps no registry of members.</exception>
    ITopicFamily AsFamily();
}
