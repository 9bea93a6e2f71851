using Todo.Messages;

namespace Todo.Worker;

/// <summary>A todo as the worker knows it from its updates.</summary>
internal sealed class TodoView
{
    public required Guid Id { get; init; }

    public required string Title { get; set; }

    /// <summary><see cref="TodoState.Deleted"/> stays, with its version: an older update that comes late must not bring the todo back.</summary>
    public TodoState State { get; set; }

    public int Version { get; set; }

    /// <summary>How many updates were handled. Setting a title twice does no harm; counting twice would be seen here.</summary>
    public int Updates { get; set; }
}
