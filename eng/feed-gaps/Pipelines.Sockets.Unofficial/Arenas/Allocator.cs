namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>Where an arena gets its blocks from.</summary>
public abstract class Allocator<T>
{
    /// <summary>An array of at least <paramref name="minimumLength"/> elements.</summary>
    public abstract T[] Rent(int minimumLength);

    /// <summary>Takes back what <see cref="Rent"/> gave.</summary>
    public abstract void TakeBack(T[] array);
}
