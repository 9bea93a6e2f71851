using Todo.Data;
using Todo.Messages;
using Todo.Outbox;

namespace Todo.Api;

/// <summary>What can be done with a todo. Whatever it is, the todo and the message that tells of it are saved together.</summary>
internal sealed class TodoService(TodoDatabase database, OutboxSignal signal)
{
    public async Task<TodoItem> CreateAsync(string title, CancellationToken cancellationToken)
    {
        var item = new TodoItem { Id = Guid.CreateVersion7(), Title = title };
        database.Todos.Add(item);
        await SaveAsync(item, TodoState.Open, cancellationToken);
        return item;
    }

    /// <returns>The todo as it is now; <see langword="null"/> when there is none.</returns>
    /// <exception cref="Microsoft.EntityFrameworkCore.DbUpdateConcurrencyException">It has another version than the change was made from.</exception>
    public async Task<TodoItem?> ChangeAsync(Guid id, ChangeTodo change, CancellationToken cancellationToken)
    {
        if (await database.Todos.FindAsync([id], cancellationToken) is not { } item)
        {
            return null;
        }

        // Not the version just read, but the one the client has seen, is what the update is on condition of.
        database.Entry(item).Property(todo => todo.Version).OriginalValue = change.Version;
        (item.Title, item.Done, item.Version) = (change.Title, change.Done, change.Version + 1);
        await SaveAsync(item, item.Done ? TodoState.Done : TodoState.Open, cancellationToken);
        return item;
    }

    /// <inheritdoc cref="ChangeAsync"/>
    public async Task<TodoItem?> CompleteAsync(Guid id, CancellationToken cancellationToken)
    {
        var item = await database.Todos.FindAsync([id], cancellationToken);
        if (item is { Done: false })
        {
            (item.Done, item.Version) = (true, item.Version + 1);
            await SaveAsync(item, TodoState.Done, cancellationToken);
        }

        return item;
    }

    /// <inheritdoc cref="ChangeAsync"/>
    public async Task<TodoItem?> DeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        var item = await database.Todos.FindAsync([id], cancellationToken);
        if (item is not null)
        {
            item.Version++;
            database.Todos.Remove(item);
            await SaveAsync(item, TodoState.Deleted, cancellationToken);
        }

        return item;
    }

    private async Task SaveAsync(TodoItem item, TodoState state, CancellationToken cancellationToken)
    {
        database.Outbox.Add(OutboxRow.Of(new TodoUpdated(item.Id, item.Version, item.Title, state)));
        // One transaction: both rows or none. Publishing here would be the mistake: before the commit it may tell of what never happens, behind it a crash leaves it untold.
        await database.SaveChangesAsync(cancellationToken);
        signal.Set();
    }
}
