namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>
/// The default allocator. Blocks are not shared through a pool: a connection is disposed while its reader may still fill
/// a block, and that block must then not be in anybody else's hands.
/// </summary>
internal sealed class HeapAllocator<T> : Allocator<T>
{
    public static readonly HeapAllocator<T> Instance = new();

    public override T[] Rent(int minimumLength) => new T[minimumLength];

    public override void TakeBack(T[] array)
    {
    }
}
