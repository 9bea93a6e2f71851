namespace RedisMessaging.Topics.History;

/// <summary>Follows a topic's history from a place on.</summary>
internal interface IHistoryTail : IAsyncDisposable
{
    /// <summary>Waits for entries. Transient faults of Redis are survived in here; nothing is passed over.</summary>
    ValueTask<IReadOnlyList<HistoryFrame>> ReadAsync(CancellationToken cancellationToken);
}
