using Microsoft.EntityFrameworkCore;
using Todo.Data;
using Todo.Messages;
using Todo.Worker;

namespace Todo.Api;

internal static class TodoEndpoints
{
    public static void MapTodos(this IEndpointRouteBuilder app)
    {
        var todos = app.MapGroup("/todos").AddEndpointFilter<ConflictFilter>();
        todos.MapGet("/", (TodoDatabase database, CancellationToken cancellationToken) => database.Todos.AsNoTracking().OrderBy(todo => todo.Id).ToListAsync(cancellationToken));
        todos.MapGet("/{id:guid}", async (Guid id, TodoDatabase database, CancellationToken cancellationToken) => Found(await database.Todos.FindAsync([id], cancellationToken)));
        todos.MapPost("/", async (CreateTodo todo, TodoService service, CancellationToken cancellationToken) =>
        {
            var created = await service.CreateAsync(todo.Title, cancellationToken);
            return TypedResults.Created($"/todos/{created.Id}", created);
        });
        todos.MapPut("/{id:guid}", async (Guid id, ChangeTodo change, TodoService service, CancellationToken cancellationToken) => Found(await service.ChangeAsync(id, change, cancellationToken)));
        todos.MapPost("/{id:guid}/done", async (Guid id, TodoService service, CancellationToken cancellationToken) => Found(await service.CompleteAsync(id, cancellationToken)));
        todos.MapDelete("/{id:guid}", async (Guid id, TodoService service, CancellationToken cancellationToken) =>
            await service.DeleteAsync(id, cancellationToken) is null ? Results.NotFound() : Results.NoContent());
    }

    public static void MapSummary(this IEndpointRouteBuilder app) => app.MapGet("/summary", async (ProjectionDatabase projection, CancellationToken cancellationToken) =>
    {
        var todos = await projection.Todos.AsNoTracking().OrderBy(todo => todo.Id).ToListAsync(cancellationToken);
        return new Summary(Count(TodoState.Open), Count(TodoState.Done), Count(TodoState.Deleted), todos.Sum(todo => todo.Updates), todos);

        int Count(TodoState state) => todos.Count(todo => todo.State == state);
    });

    private static IResult Found(TodoItem? item) => item is null ? TypedResults.NotFound() : TypedResults.Ok(item);
}
