using RedisMessaging.Redis.Connections;

namespace RedisMessaging.Topics.History;

/// <summary>A transport that keeps what was handled, and can be read without a group.</summary>
internal interface IHistorySource
{
    /// <summary>What tells how much of a range one page is to bring; one for each that is read.</summary>
    ReadSize NewReadSize();

    /// <summary>One page of a range.</summary>
    /// <param name="from">An id, an id with <c>(</c> in front of it for what comes after it, or <c>-</c>.</param>
    /// <param name="to">The same, or <c>+</c>.</param>
    ValueTask<IReadOnlyList<HistoryFrame>> ReadPageAsync(
        string from,
        string to,
        int count,
        bool backwards,
        CancellationToken cancellationToken);

    /// <summary>Opens a tail. Done means live: what is stored from now on is read by it.</summary>
    /// <param name="from">The first entry's place.</param>
    ValueTask<IHistoryTail> OpenTailAsync(HistoryPoint from, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a remembered place is beyond the end of what there is, and so belongs to something that had the same name before. Logged.
    /// </summary>
    ValueTask<bool> IsBeyondAsync(HistoryPoint from, CancellationToken cancellationToken);

    ValueTask<HistorySummary> SummarizeAsync(CancellationToken cancellationToken);
}
