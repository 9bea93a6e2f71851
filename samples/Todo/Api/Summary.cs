using Todo.Worker;

namespace Todo.Api;

/// <summary>The answer to <c>GET /summary</c>.</summary>
/// <param name="Updates">How many updates the worker has handled.</param>
internal sealed record Summary(int Open, int Done, int Deleted, int Updates, IReadOnlyList<TodoView> Todos);
