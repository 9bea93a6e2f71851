namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>A piece of an arena's memory, and the piece after it.</summary>
internal sealed class Block<T>(T[] array, bool isUsualSize)
{
    public readonly T[] Array = array;

    public readonly bool IsUsualSize = isUsualSize;

    public Block<T>? Next;

    public int Length => Array.Length;
}
