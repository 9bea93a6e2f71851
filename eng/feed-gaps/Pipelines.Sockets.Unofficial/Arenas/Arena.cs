using System.Runtime.CompilerServices;

namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>
/// Hands out sequences from a chain of blocks by moving a position forward, and takes them all back at once. For one
/// user at a time.
/// </summary>
public sealed class Arena<T> : IDisposable
{
    private readonly ArenaOptions _options;
    private readonly Allocator<T> _allocator;
    private readonly int _blockLength;
    private Block<T>? _first;
    private Block<T>? _current;
    private int _used;
    private long _kept;
    private bool _disposed;

    /// <summary>Both arguments may be null for their defaults.</summary>
    public Arena(ArenaOptions? options = null, Allocator<T>? allocator = null)
    {
        _options = options ?? ArenaOptions.Default;
        _allocator = allocator ?? HeapAllocator<T>.Instance;
        _blockLength = Math.Max(1, _options.BlockSizeBytes / Unsafe.SizeOf<T>());
    }

    /// <summary>
    /// The next <paramref name="length"/> elements, with whatever they last held. They go on in the next block where the
    /// current one ends; what is longer than a block gets one of its own size.
    /// </summary>
    public Sequence<T> Allocate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (length == 0)
        {
            return default;
        }

        var block = _current;
        if (block is null || _used == block.Length)
        {
            block = Advance(length);
        }

        var result = new Sequence<T>(block, _used, length);
        var available = block.Length - _used;
        while (length > available)
        {
            length -= available;
            available = Advance(length).Length;
        }

        _used += length;
        return result;
    }

    /// <summary>Takes back everything that was handed out.</summary>
    public void Reset()
    {
        if (_first is null || _disposed)
        {
            return;
        }

        if (_options.Flags.HasFlag(ArenaFlags.ClearAtReset))
        {
            ClearUsed();
        }

        if (_first.Next is not null || !_first.IsUsualSize)
        {
            Trim();
        }

        _current = _first;
        _used = 0;
    }

    /// <summary>Lets go of all memory.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_options.Flags.HasFlag(ArenaFlags.ClearAtDispose))
        {
            ClearUsed();
        }

        for (var block = _first; block is not null; block = block.Next)
        {
            _allocator.TakeBack(block.Array);
        }
    }

    private Block<T> Advance(int needed)
    {
        var next = _current is null ? _first : _current.Next;
        if (next is null)
        {
            var isUsualSize = needed <= _blockLength;
            next = new Block<T>(_allocator.Rent(isUsualSize ? _blockLength : needed), isUsualSize);
            if (_current is null)
            {
                _first = next;
            }
            else
            {
                _current.Next = next;
            }
        }

        _current = next;
        _used = 0;
        return next;
    }

    private void ClearUsed()
    {
        for (var block = _first; block is not null; block = block.Next)
        {
            if (ReferenceEquals(block, _current))
            {
                Array.Clear(block.Array, 0, _used);
                return;
            }

            Array.Clear(block.Array);
        }
    }

    // Keeps blocks of the usual size from the front of the chain up to what the policy keeps, rounded up, and at least one.
    private void Trim()
    {
        var size = Unsafe.SizeOf<T>();
        var used = (long)_used;
        for (var block = _first; !ReferenceEquals(block, _current); block = block!.Next)
        {
            used += block!.Length;
        }

        _kept = _options.RetentionPolicy(_kept, used * size);

        Block<T>? last = null;
        var budget = _kept;
        var rest = _first;
        _first = null;
        while (rest is not null)
        {
            var block = rest;
            rest = block.Next;
            block.Next = null;
            if (!block.IsUsualSize || (budget <= 0 && last is not null))
            {
                _allocator.TakeBack(block.Array);
                continue;
            }

            budget -= (long)block.Length * size;
            if (last is null)
            {
                _first = block;
            }
            else
            {
                last.Next = block;
            }

            last = block;
        }
    }
}
