using RedisMessaging.Topics;

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
    /// <param name="cancellationToken">Ends it, also while a page is waited for.</param>
    /// <returns>The members' names.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic is no family, or on Pub/Sub, which keeps no registry.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked, for this page or a later one.</exception>
    IAsyncEnumerable<string> ListMembersAsync(CancellationToken cancellationToken = default);

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

    /// <summary>
    /// Counts who subscribes to a Pub/Sub topic at the moment; of a pattern (<c>news:*</c>) to each of its channels. Only Redis' word: a subscription that is about to end may be among
    /// them, and one whose process is gone until Redis notices.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The counts.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic is not on Pub/Sub.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked.</exception>
    ValueTask<SubscriberCounts> CountSubscribersAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads what a stream still holds, handled or not, without a consumer group: nothing is acked, and nobody gets less for it. What is there in a range comes page by page, until
    /// the range ends (<c>XRANGE</c>, <c>XREVRANGE</c>). Entries of types that are no <typeparamref name="T"/> are passed over;
    /// those that can't be read come with their <see cref="HistoryEntry{T}.Error"/>.
    /// </summary>
    /// <remarks>
    /// Read forwards and without an end, a <paramref name="from"/> that is a position beyond the stream's end was another stream's, which had the key before: the history is read from its beginning
    /// then, which is logged (event 9009). So it is when the stream begins again between two pages. The next id that there can be is no such position, and a time is none.
    /// </remarks>
    /// <typeparam name="T">The message type; <see cref="object"/> or a common base for several.</typeparam>
    /// <param name="from">The first entry's time or position, itself included, or <see cref="HistoryPoint.After(string)"/> one. Left out: the oldest entry.</param>
    /// <param name="to">The last entry's time or position, itself included, or <see cref="HistoryPoint.Before(string)"/> one. Left out: the newest entry when it is reached.</param>
    /// <param name="options">Direction and page size.</param>
    /// <param name="cancellationToken">Ends it, also while a page is waited for.</param>
    /// <returns>The entries.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic carries no <typeparamref name="T"/>, or is not on a stream, the one transport with a history.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The page size is not between 1 and 1,000.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked, for this page or a later one.</exception>
    IAsyncEnumerable<HistoryEntry<T>> ReadHistoryAsync<T>(HistoryPoint from = default, HistoryPoint to = default, HistoryOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Follows the stream: what is there from a place on, and then what comes, for as long as it is read (<c>XREAD BLOCK</c>, on a connection of its own). Faults of Redis are
    /// survived without missing an entry.
    /// </summary>
    /// <remarks>
    /// A stream that was deleted, or restored from an older state, and begins again with lower ids is read from its beginning, which is logged (event 12000). A tail notices it within 15 seconds, and
    /// at once when its connection is made again. A <paramref name="from"/> beyond the stream's end starts at its beginning as well (9009), unless it is the next id that there can be.
    /// </remarks>
    /// <typeparam name="T">The message type; <see cref="object"/> or a common base for several.</typeparam>
    /// <param name="from">The first entry's time or position, itself included, or <see cref="HistoryPoint.After(string)"/> one. Left out: what is published from the first MoveNext on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The entries.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic carries no <typeparamref name="T"/>, or is not on a stream, the one transport with a history.</exception>
    /// <exception cref="RedisMessagingConnectionException">At the first <c>MoveNextAsync</c>: Redis stayed away for <see cref="RedisMessagingOptions.StartTimeout"/>. Later on it is waited for.</exception>
    IAsyncEnumerable<HistoryEntry<T>> TailAsync<T>(HistoryPoint from = default, CancellationToken cancellationToken = default);

    /// <summary>Counts the entries, and tells the first, the last one and the stream's version (<c>XINFO STREAM</c>).</summary>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>The summary; of a stream that does not exist an empty one.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic is not on a stream.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked.</exception>
    ValueTask<HistorySummary> SummarizeHistoryAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Trims the stream now, which publishers and consumers do by themselves, ten thousand entries a step (<c>XTRIM</c>). What some group has not read or has pending stays unless
    /// <see cref="Retention.Force"/> is set.
    /// </summary>
    /// <param name="retention">What to trim to; <see cref="Retention.MaxLength"/> may be 0 here. Left out: the topic's own (<see cref="StreamOptions.Retention"/>).</param>
    /// <param name="cancellationToken">Ends the wait. A step that was sent may be carried out all the same.</param>
    /// <returns>How many entries were removed, and how many of them some group had still to handle.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic is not on a stream.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A negative limit, or <see cref="Retention.AbandonedAfter"/> is shorter than the topic's lease.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked; what was removed until then is gone.</exception>
    ValueTask<TrimResult> TrimAsync(Retention? retention = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes one entry of the stream (<c>XDEL</c>), unless some group has not read it or has it pending. A group that is announced as abandoned keeps nobody from it.</summary>
    /// <param name="position">The entry's position (<see cref="MessageContext.Position"/>, <see cref="HistoryEntry{T}.Position"/>).</param>
    /// <param name="force">Deletes it all the same. A group that had not read it misses it, which is counted; one that had it pending gets a dead letter with the reason <c>trimmed</c>.</param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>False when there is no such entry.</returns>
    /// <exception cref="ConsumerGroupException">Some group has yet to handle it; the text says which.</exception>
    /// <exception cref="ArgumentException">That is no position.</exception>
    /// <exception cref="RedisMessagingConfigurationException">The topic is not on a stream.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked.</exception>
    ValueTask<bool> DeleteAsync(string position, bool force = false, CancellationToken cancellationToken = default);
}
