namespace RedisMessaging.Transports.Streams.Settling;

/// <summary>What stream-settle.lua says of an entry.</summary>
internal enum SettleResult
{
    /// <summary>Not this consumer's any more; nothing was done.</summary>
    NotOurs,

    /// <summary>Done.</summary>
    Done,

    /// <summary>It is pending for nobody. Save for renewals, where that may have any reason: the group was lost, and what its stream still has is handed out again.</summary>
    PendingForNobody,

    /// <summary>Renewals only: it was this consumer's, but is gone from the stream, so that Redis dropped it from the pending entries.</summary>
    Trimmed,
}
