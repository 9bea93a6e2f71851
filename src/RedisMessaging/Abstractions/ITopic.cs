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

    /// <summary>The topic's consumer groups: to look at, to create and delete, and to have them go on elsewhere.</summary>
    /// <exception cref="RedisMessagingConfigurationException">The topic is not on a stream, the one transport with groups.</exception>
    IConsumerGroups Groups { get; }

    /// <summary>
    /// The members of a family (<c>logs:*</c>) that were published or subscribed to, in the order in which they were registered, page by page (<c>ZRANGEBYSCORE</c>). Each is a topic of its own:
    /// <c>bus.Topic("logs:web")</c> has its dead letters, its schedule, its groups and its history.
    /// </summary>
    /// <param name="cancellationToken">Cancels between two pages.</param>
    /// <returns>The members' names.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic is no family, or on Pub/Sub, which keeps no registry.</exception>
    IAsyncEnumerable<string> ListMembersAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads what a stream still holds, handled or not, without a consumer group: nothing is acked, and nobody gets less for it. What is there in a range comes page by page, until
    /// the range ends (<c>XRANGE</c>, <c>XREVRANGE</c>). Entries of types that are no <typeparamref name="T"/> are passed over;
    /// those that can't be read come with their <see cref="HistoryEntry{T}.Error"/>.
    /// </summary>
    /// <typeparam name="T">The message type; <see cref="object"/> or a common base for several.</typeparam>
    /// <param name="from">The first entry's time or position, itself included. Left out: the oldest entry.</param>
    /// <param name="to">The last entry's time or position, itself included. Left out: the newest entry when it is reached.</param>
    /// <param name="options">Direction and page size.</param>
    /// <param name="cancellationToken">Cancels between two pages.</param>
    /// <returns>The entries.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic carries no <typeparamref name="T"/>, or is not on a stream, the one transport with a history.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The page size is not between 1 and 1,000.</exception>
    IAsyncEnumerable<HistoryEntry<T>> ReadHistoryAsync<T>(HistoryPoint from = default, HistoryPoint to = default, HistoryOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Follows the stream: what is there from a place on, and then what comes, for as long as it is read (<c>XREAD BLOCK</c>, on a connection of its own). Faults of Redis are
    /// survived without missing an entry.
    /// </summary>
    /// <typeparam name="T">The message type; <see cref="object"/> or a common base for several.</typeparam>
    /// <param name="from">The first entry's time or position, itself included. Left out: what is published from the first MoveNext on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The entries.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic carries no <typeparamref name="T"/>, or is not on a stream, the one transport with a history.</exception>
    IAsyncEnumerable<HistoryEntry<T>> TailAsync<T>(HistoryPoint from = default, CancellationToken cancellationToken = default);

    /// <summary>Counts the entries, and tells the first and the last one (<c>XINFO STREAM</c>).</summary>
    /// <param name="cancellationToken">Cancels before the command is sent.</param>
    /// <returns>The summary; of a stream that does not exist an empty one.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic is not on a stream.</exception>
    ValueTask<HistorySummary> SummarizeHistoryAsync(CancellationToken cancellationToken = default);
}
