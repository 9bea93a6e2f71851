namespace RedisMessaging.Testing;

/// <summary>An order to cut the link of the next replies that hold certain bytes, instead of handing them on.</summary>
public sealed class ReplyCut
{
    private readonly byte[] _marker;
    private int _left;

    internal ReplyCut(int count, byte[] marker)
    {
        _left = count;
        _marker = marker;
    }

    /// <summary>How many are still to be cut.</summary>
    public int Left => Math.Max(0, Volatile.Read(ref _left));

    public bool IsOver => Left == 0;

    internal bool Hits(ReadOnlySpan<byte> reply) => !IsOver && reply.IndexOf(_marker) >= 0 && Interlocked.Decrement(ref _left) >= 0;
}
