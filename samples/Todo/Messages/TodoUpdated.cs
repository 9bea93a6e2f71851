namespace Todo.Messages;

/// <summary>What a todo is after it was created, changed, done or deleted: all of it, so that whoever keeps a copy needs the newest one only.</summary>
/// <param name="Version">1 when it is created, and one more with each change: tells the newer of two.</param>
internal sealed record TodoUpdated(Guid Id, int Version, string Title, TodoState State);
