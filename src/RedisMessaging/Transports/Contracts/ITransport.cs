using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Topics;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Topics.Trimming;

namespace RedisMessaging.Transports.Contracts;

/// <summary>The seam: how one topic's frames travel through Redis. One instance per topic.</summary>
internal interface ITransport : IAsyncDisposable
{
    TransportCapabilities Capabilities { get; }

    /// <summary>What it keeps of what was handled, <see langword="null"/> where it keeps nothing of it.</summary>
    IHistorySource? History { get; }

    /// <summary>Removes what it keeps of what was handled; <see langword="null"/> where it keeps nothing of it.</summary>
    ITrimming? Trimming { get; }

    /// <summary>Its consumer groups; <see langword="null"/> where it has none.</summary>
    IConsumerGroups? Groups { get; }

    /// <summary>Who listens; <see langword="null"/> where Redis knows nothing of that.</summary>
    ISubscriberSource? Subscribers { get; }

    /// <summary>Where it keeps what is not due yet; <see langword="null"/> where it has no schedule.</summary>
    ScheduleKeys? Schedule { get; }

    /// <summary>A glob for the channels of an address, as Redis knows them: what rights would be needed for. Empty where there are none.</summary>
    string ChannelsOf(string address) => "";

    /// <summary>
    /// Sends frames in their order; one message is a list of one. Each frame has a result of its own, errors included: the method
    /// itself throws only when cancelled before anything was written. Where the transport has no schedule and remembers no ids, nobody asks it to.
    /// </summary>
    /// <param name="address">The topic's name, or a concrete channel of a pattern topic; never with the key prefix.</param>
    ValueTask SendAsync(string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken);

    /// <summary>Looks at start-up whether the topic's keys can be used as this transport does. Opening a receiver looks again, and at its user's rights, too.</summary>
    /// <exception cref="RedisMessagingConfigurationException">Another layout, or a key that holds something else.</exception>
    ValueTask CheckAsync(CancellationToken cancellationToken);

    /// <summary>Opens a receiver. Done means live: what is sent from now on reaches it.</summary>
    ValueTask<IReceiver> OpenAsync(ReceiverOptions subscription, CancellationToken cancellationToken);

    /// <summary>Gives consumers some of what is due by the server's clock: scheduled messages, and those that wait for another attempt. One atomic step, a bounded one.</summary>
    /// <param name="consumers">Whose attempts to look after: a group's are its own affair.</param>
    ValueTask<DueMove> MoveDueAsync(IReadOnlyCollection<ReceiverOptions> consumers, CancellationToken cancellationToken);

    /// <summary>Finds messages that are held back and that <see cref="MoveDueAsync"/> would never find, and makes them due. For rare looks.</summary>
    /// <param name="consumers">Whose attempts to look after.</param>
    /// <returns>Their names: the id of a scheduled message, where an attempt came from.</returns>
    ValueTask<IReadOnlyList<string>> SweepScheduleAsync(IReadOnlyCollection<ReceiverOptions> consumers, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([]);

    /// <summary>How many messages some consumer has yet to handle: what changing the topic's transport would leave behind. 0 where nothing is kept.</summary>
    ValueTask<long> CountUnhandledAsync(CancellationToken cancellationToken);

    /// <summary>The consumer groups that exist in Redis for this topic; empty where the transport has none.</summary>
    ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken);

    /// <summary>Puts a dead letter back for the group that failed with it, atomically. False when it is not there any more.</summary>
    /// <param name="frame">The message to put back.</param>
    ValueTask<bool> RedriveAsync(DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken);

    /// <summary>Removes what the topic keeps in Redis if, and only if, nothing in it is unhandled; dead letters stay. False when something was.</summary>
    ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken);
}
