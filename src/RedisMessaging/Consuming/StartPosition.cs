namespace RedisMessaging;

/// <summary>
/// Where a consumer group that does not exist yet starts to read a stream. On the other transports a position that they can't start at is
/// refused: <see cref="Beginning"/> on Pub/Sub, <see cref="New"/> on a queue.
/// </summary>
public enum StartPosition
{
    /// <summary>
    /// The default: <see cref="Beginning"/> for a group, <see cref="New"/> for <c>Broadcast</c>.
    /// </summary>
    Default,

    /// <summary>At the oldest entry the stream still has (<c>XGROUP CREATE … 0</c>).</summary>
    Beginning,

    /// <summary>After the newest entry at the time the group is created (<c>XGROUP CREATE … $</c>).</summary>
    New,
}
