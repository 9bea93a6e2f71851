using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging;

/// <summary>What to do at start-up when the server would work, but would lose messages or is not the one that was meant.</summary>
/// <remarks>
/// It is about an <c>allkeys-*</c> eviction policy, Pub/Sub on a read-only replica, and a user other than the configured one. What can't
/// work at all (a server that is too old, queues and streams on a replica, a database other than 0 on a cluster, missing rights) always
/// refuses to start.
/// </remarks>
public enum OnUnsafeServer
{
    /// <summary>Refuse to start, naming what is wrong and the fix.</summary>
    Fail,

    /// <summary>Log a warning and go on.</summary>
    Warn,
}
