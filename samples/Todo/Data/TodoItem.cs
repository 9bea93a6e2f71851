namespace Todo.Data;

internal sealed class TodoItem
{
    public required Guid Id { get; init; }

    public required string Title { get; set; }

    public bool Done { get; set; }

    /// <summary>Part of the condition of every update (<c>UPDATE … WHERE "Version" = …</c>): of two that were made from the same state one is refused.</summary>
    public int Version { get; set; } = 1;
}
