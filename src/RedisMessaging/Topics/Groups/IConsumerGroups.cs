namespace RedisMessaging;

/// <summary>The consumer groups of a stream topic, for operators.</summary>
public interface IConsumerGroups
{
    /// <summary>Lists the groups (<c>XINFO GROUPS</c>).</summary>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>The groups; empty when there is no stream yet.</returns>
    ValueTask<IReadOnlyList<ConsumerGroupInfo>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Lists a group's consumers (<c>XINFO CONSUMERS</c>).</summary>
    /// <param name="group">The group.</param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>The consumers.</returns>
    /// <exception cref="ConsumerGroupException">There is no such group.</exception>
    ValueTask<IReadOnlyList<GroupConsumerInfo>> ListConsumersAsync(string group, CancellationToken cancellationToken = default);

    /// <summary>Looks at a page of what is pending, the oldest first (<c>XPENDING</c>).</summary>
    /// <param name="group">The group.</param>
    /// <param name="count">How many at the most. Default 100; 1 to 1,000.</param>
    /// <param name="after">
    /// The <see cref="PendingMessage.Position"/> of the last one of the page before; <see langword="null"/> for the first page.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>The page; empty when there are no more.</returns>
    /// <exception cref="ConsumerGroupException">There is no such group.</exception>
    ValueTask<IReadOnlyList<PendingMessage>> PeekPendingAsync(
        string group,
        int count = 100,
        string? after = null,
        CancellationToken cancellationToken = default);

    /// <summary>Creates a group before its first consumer comes (<c>XGROUP CREATE … MKSTREAM</c>).</summary>
    /// <param name="group">Its name.</param>
    /// <param name="from">
    /// The first message it gets, itself included; <see cref="HistoryPoint.Open"/> for what is published from now on.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns><see langword="false"/> when there is one already; it stays as it is.</returns>
    ValueTask<bool> CreateAsync(string group, HistoryPoint from, CancellationToken cancellationToken = default);

    /// <summary>
    /// Has a group continue elsewhere (<c>XGROUP SETID</c>): rewound, it handles again what it has handled, which its inbox does not keep
    /// it from; fast-forwarded, it leaves out what it has not fetched. What is pending or waits to be handled again stays so.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="to">
    /// The next message it gets, itself included; <see cref="HistoryPoint.Open"/> for what is published from now on.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>A task that ends when it is done.</returns>
    /// <exception cref="ConsumerGroupException">There is no such group.</exception>
    ValueTask SeekAsync(string group, HistoryPoint to, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a group with all that belongs to it (<c>XGROUP DESTROY</c>). Its consumers have to be stopped first: one that runs would
    /// make it again.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="force">
    /// Also when messages are pending or wait to be handled again, which are lost to the group then, or a consumer seems to run.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns><see langword="false"/> when there is no such group.</returns>
    /// <exception cref="ConsumerGroupException">
    /// Something is left, or a consumer runs, and <paramref name="force"/> is not set: the text says what.
    /// </exception>
    ValueTask<bool> DeleteAsync(string group, bool force = false, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes pending messages from their consumer, whose late ack is refused then, and gives them to the group again, at once: for one that
    /// hangs.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="positions">Their <see cref="PendingMessage.Position"/>; 100 at the most.</param>
    /// <param name="cancellationToken">Ends the wait. A command that was sent may be carried out all the same.</param>
    /// <returns>How many were taken: those that were still pending.</returns>
    /// <exception cref="ConsumerGroupException">There is no such group.</exception>
    ValueTask<int> ReclaimAsync(string group, IReadOnlyCollection<string> positions, CancellationToken cancellationToken = default);
}
