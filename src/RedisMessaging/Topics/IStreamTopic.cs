namespace RedisMessaging;

/// <summary>What only a topic on a stream has (<see cref="ITopic.AsStream"/>).</summary>
public interface IStreamTopic : ITopic
{
    /// <summary>The topic's consumer groups: to list, create, delete and move.</summary>
    IConsumerGroups Groups { get; }

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
    /// <exception cref="RedisMessagingConfigurationException">The topic carries no <typeparamref name="T"/>.</exception>
    /// <exception cref="NotSupportedException">The topic has <see cref="StreamOptions.DeleteOnAck"/>, which keeps no history.</exception>
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
    /// <exception cref="RedisMessagingConfigurationException">The topic carries no <typeparamref name="T"/>.</exception>
    /// <exception cref="NotSupportedException">The topic has <see cref="StreamOptions.DeleteOnAck"/>, which keeps no history.</exception>
    /// <exception cref="RedisMessagingConnectionException">At the first <c>MoveNextAsync</c>: Redis stayed away for <see cref="RedisMessagingOptions.StartTimeout"/>. Later on it is waited for.</exception>
    IAsyncEnumerable<HistoryEntry<T>> TailAsync<T>(HistoryPoint from = default, CancellationToken cancellationToken = default);

    /// <summary>Counts the entries, and tells the first, the last one and the stream's version (<c>XINFO STREAM</c>).</summary>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>The summary; of a stream that does not exist an empty one.</returns>
    /// <exception cref="NotSupportedException">The topic has <see cref="StreamOptions.DeleteOnAck"/>, which keeps no history.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked.</exception>
    ValueTask<HistorySummary> SummarizeHistoryAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Trims the stream now, which publishers and consumers do by themselves, ten thousand entries a step (<c>XTRIM</c>). What some group has not read or has pending stays unless
    /// <see cref="Retention.Force"/> is set.
    /// </summary>
    /// <param name="retention">What to trim to; <see cref="Retention.MaxLength"/> may be 0 here. Left out: the topic's own (<see cref="StreamOptions.Retention"/>).</param>
    /// <param name="cancellationToken">Ends the wait. A step that was sent may be carried out all the same.</param>
    /// <returns>How many entries were removed, and how many of them some group had still to handle.</returns>
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
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked.</exception>
    ValueTask<bool> DeleteAsync(string position, bool force = false, CancellationToken cancellationToken = default);
}
