namespace RedisMessaging;

/// <summary>Where a consumer group that does not exist yet starts to read a stream. The other transports ignore it.</summary>
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
