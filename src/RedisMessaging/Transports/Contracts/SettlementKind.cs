namespace RedisMessaging.Transports.Contracts;

/// <summary>What is to become of a delivery.</summary>
internal enum SettlementKind : byte
{
    /// <summary>Handled: gone for this group.</summary>
    Ack,

    /// <summary>Not handled by this consumer's own doing (it stops): back to the front, for anybody in the group, at once.</summary>
    Release,

    /// <summary>Handled without success: back to the end, for anybody in the group, at once or when its delay is over, with its starts recorded.</summary>
    Retry,

    /// <summary>Can't be handled: moved to the topic's dead letters with the reason.</summary>
    DeadLetter,

    /// <summary>Still being worked on: the lease begins anew.</summary>
    Extend,

    /// <summary>A handler is about to be started with it: recorded where the next owner will find it. Only for redelivered messages.</summary>
    Start,
}
