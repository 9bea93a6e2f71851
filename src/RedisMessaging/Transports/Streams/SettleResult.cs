namespace RedisMessaging.Transports.Streams;

/// <summary>What stream-settle.lua says of an entry.</summary>
internal enum SettleResult
{
    /// <summary>Not this consumer's any more; nothing was done.</summary>
    NotOurs,

    /// <summary>Done.</summary>
    Done,

    /// <summary>Renewals only: it is pending for nobody.</summary>
    PendingForNobody,

    /// <summary>Renewals only: it was this consumer's, but is gone from the stream, so that Redis dropped it from the pending entries.</summary>
    Trimmed,
}
