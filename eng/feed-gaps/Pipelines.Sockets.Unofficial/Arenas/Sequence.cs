namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>A <see cref="Sequence{T}"/> whose element type is not told, so that an element can hold its own kind.</summary>
public readonly struct Sequence
{
    private readonly object? _block;
    private readonly int _offset;
    private readonly int _length;

    internal Sequence(object? block, int offset, int length)
    {
        _block = block;
        _offset = offset;
        _length = length;
    }

    /// <summary>How many elements it has.</summary>
    public long Length => _length;

    /// <summary>The same elements with their type.</summary>
    /// <exception cref="InvalidCastException">The elements are of another type.</exception>
    public Sequence<T> Cast<T>() => _block is null ? default : new((Block<T>)_block, _offset, _length);
}
