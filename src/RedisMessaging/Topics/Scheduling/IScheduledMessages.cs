namespace RedisMessaging;

/// <summary>
/// The messages of a topic that were published to be handled later and are not due yet: a sorted set and a hash beside the topic. Those
/// that wait for another attempt are not among them.
/// </summary>
public interface IScheduledMessages
{
    /// <summary>How many there are (<c>ZCARD</c>).</summary>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>The count.</returns>
    ValueTask<long> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>Looks at a page of them, the next to be due first, and leaves them there (a script around <c>ZRANGE</c>).</summary>
    /// <param name="count">How many at the most. Default 100; 1 to 1,000.</param>
    /// <param name="after">
    /// The last one of the page before, which need not be there any more; <see langword="null"/> for the first page.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>The page; empty when there are no more.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not between 1 and 1,000.</exception>
    ValueTask<IReadOnlyList<ScheduledMessage>> PeekAsync(
        int count = 100,
        ScheduledMessage? after = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Cancels one: it is deleted, atomically, and no handler ever gets it (a script around <c>ZREM</c>). Its id is forgotten with it, so
    /// that a message with the same <see cref="PublishOptions.MessageId"/> can be published again at once.
    /// </summary>
    /// <param name="messageId">The message's id (<see cref="ScheduledMessage.MessageId"/>, <see cref="PublishResult.MessageId"/>).</param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns><see langword="false"/> when it is not there: it was due already, cancelled, or never scheduled.</returns>
    ValueTask<bool> CancelAsync(string messageId, CancellationToken cancellationToken = default);
}
