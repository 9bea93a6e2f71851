namespace RedisMessaging;

/// <summary>The messages of a topic that were dead-lettered because they can't be handled: the stream <c>prefix{topic}:dead</c>.</summary>
public interface IDeadLetters
{
    /// <summary>How many there are (<c>XLEN</c>), those older than <see cref="TopicOptions.DeadLetterMaxAge"/> left out.</summary>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>The count.</returns>
    ValueTask<long> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>Looks at a page of them, the oldest first, and leaves them there (<c>XRANGE</c>).</summary>
    /// <param name="count">How many at the most. Default 100; 1 to 1,000.</param>
    /// <param name="after">
    /// The <see cref="DeadLetter.Id"/> of the last one of the page before; <see langword="null"/> for the first page.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>The page; empty when there are no more.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not between 1 and 1,000.</exception>
    ValueTask<IReadOnlyList<DeadLetter>> PeekAsync(int count = 100, string? after = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts one back to be handled again by the group that failed with it, and no other: same id and headers, attempts from the start,
    /// <see cref="MessageContext.RedrivenFrom"/> set. Atomic: it is either here or there. Queue: <c>LPUSH</c>; stream: <c>XADD</c> to the
    /// group's retry stream. Pub/Sub knows no groups: it is published again (<c>PUBLISH</c>) to everybody who listens on its channel,
    /// consumers that handled it before included.
    /// </summary>
    /// <param name="id">The dead letter's <see cref="DeadLetter.Id"/>.</param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>
    /// <see langword="false"/> when it is not there any more, or was a <c>Broadcast</c> consumer's whose process is gone; Pub/Sub: also
    /// without a subscriber, then it stays.
    /// </returns>
    /// <exception cref="InvalidOperationException">It was <c>trimmed</c>: its bytes are gone.</exception>
    ValueTask<bool> RedriveAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts all back that were there when the call began, or those that a filter chooses; never those that were <c>trimmed</c>, of which
    /// nothing is left to put back.
    /// </summary>
    /// <param name="filter">Which; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">Stops between two of them.</param>
    /// <returns>How many were put back.</returns>
    /// <exception cref="RedisMessagingException">
    /// Redis refused some of them, which stay where they are; the others are put back. It stops after ten refusals in a row.
    /// </exception>
    ValueTask<long> RedriveAllAsync(Func<DeadLetter, bool>? filter = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes one for good (<c>XDEL</c>).</summary>
    /// <param name="id">The dead letter's <see cref="DeadLetter.Id"/>.</param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns><see langword="false"/> when it was not there any more.</returns>
    ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Deletes all that are there for good (<c>XTRIM MAXLEN 0</c>).</summary>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>How many were deleted.</returns>
    ValueTask<long> PurgeAsync(CancellationToken cancellationToken = default);
}
