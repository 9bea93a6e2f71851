namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>The settings of an arena.</summary>
public sealed class ArenaOptions
{
    private const int DefaultBlockSizeBytes = 64 * 1024;

    /// <summary>The default settings.</summary>
    public static ArenaOptions Default { get; } = new();

    /// <summary>
    /// <paramref name="blockSizeBytes"/> of zero means the default. <paramref name="retentionPolicy"/> tells how many bytes
    /// to keep at a reset, from how many were kept the last time and how many were used since.
    /// </summary>
    public ArenaOptions(
        ArenaFlags flags = ArenaFlags.None,
        int blockSizeBytes = 0,
        Func<long, long, long>? retentionPolicy = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(blockSizeBytes);
        Flags = flags;
        BlockSizeBytes = blockSizeBytes == 0 ? DefaultBlockSizeBytes : blockSizeBytes;
        RetentionPolicy = retentionPolicy ?? Decay;
    }

    /// <summary>How memory is treated.</summary>
    public ArenaFlags Flags { get; }

    /// <summary>The usual size of a block.</summary>
    public int BlockSizeBytes { get; }

    /// <summary>How many bytes to keep at a reset.</summary>
    public Func<long, long, long> RetentionPolicy { get; }

    // Keeps what was used, and forgets a peak slowly.
    private static long Decay(long kept, long used) => Math.Max(used, kept - (kept / 10));
}
