namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>How an arena treats its memory.</summary>
[Flags]
public enum ArenaFlags
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>Clear what was handed out when the arena is reset.</summary>
    ClearAtReset = 1,

    /// <summary>Clear what was handed out when the arena is disposed.</summary>
    ClearAtDispose = 2,

    /// <summary>Accepted and without effect: memory is always managed.</summary>
    PreferUnmanaged = 4,

    /// <summary>Accepted and without effect: memory is never pinned.</summary>
    PreferPinned = 8,

    /// <summary>Accepted and without effect: an arena holds one type.</summary>
    BlittableNonPaddedSharing = 16,

    /// <summary>Accepted and without effect: an arena holds one type.</summary>
    BlittablePaddedSharing = 32,
}
