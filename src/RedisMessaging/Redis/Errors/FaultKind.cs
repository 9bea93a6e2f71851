namespace RedisMessaging.Redis.Errors;

/// <summary>What a failed Redis command means for whoever sent it.</summary>
internal enum FaultKind
{
    /// <summary>A server error this library knows nothing of.</summary>
    Other,

    /// <summary>The link is down or went down with the command under way.</summary>
    Connection,

    /// <summary>No reply in time.</summary>
    Timeout,

    /// <summary>NOGROUP: the stream or its group is gone.</summary>
    NoGroup,

    /// <summary>UNBLOCKED: the key a reader was blocked on is gone, or the primary became a replica.</summary>
    Unblocked,

    /// <summary>READONLY: the server is a replica, or was one when StackExchange.Redis looked.</summary>
    ReadOnly,

    /// <summary>LOADING: the server reads its data from disk.</summary>
    Loading,

    /// <summary>OOM: maxmemory is reached.</summary>
    OutOfMemory,

    /// <summary>MISCONF: the server can't persist and refuses writes.</summary>
    Misconfigured,

    /// <summary>BUSY: a script runs for too long.</summary>
    Busy,

    /// <summary>NOREPLICAS: fewer replicas than min-replicas-to-write.</summary>
    NoReplicas,

    /// <summary>CLUSTERDOWN, TRYAGAIN, MASTERDOWN, MOVED, ASK: the cluster is re-arranging itself.</summary>
    ClusterDown,

    /// <summary>NOPERM: an ACL forbids the command, the key or the channel.</summary>
    NoPermission,

    /// <summary>WRONGTYPE: the key holds something else.</summary>
    WrongType,

    /// <summary>NOAUTH, WRONGPASS, or a failed handshake.</summary>
    Authentication,
}
