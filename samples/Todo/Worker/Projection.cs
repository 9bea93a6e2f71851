using Microsoft.EntityFrameworkCore;
using RedisMessaging;
using Todo.Messages;

namespace Todo.Worker;

/// <summary>Writes down what the updates amount to. The message's id is in the same transaction as its effect, so a message that comes twice has its effect once.</summary>
internal sealed partial class Projection(ProjectionDatabase database, TimeProvider time, ILogger<Projection> logger) : IMessageHandler<TodoUpdated>
{
    public async ValueTask HandleAsync(TodoUpdated message, MessageContext context, CancellationToken cancellationToken)
    {
        if (await database.Handled.AnyAsync(handled => handled.MessageId == context.MessageId, cancellationToken))
        {
            LogHandledBefore(message.Title, message.Version);
            return;
        }

        database.Handled.Add(new HandledMessage { MessageId = context.MessageId, HandledAt = time.GetUtcNow() });
        var view = await database.Todos.FindAsync([message.Id], cancellationToken);
        if (view is null)
        {
            database.Todos.Add(view = new TodoView { Id = message.Id, Title = message.Title });
        }

        view.Updates++;
        // What comes late must not overwrite what is newer: after a crash messages come again behind later ones.
        if (message.Version > view.Version)
        {
            (view.Title, view.State, view.Version) = (message.Title, message.State, message.Version);
        }

        // All of it in one transaction. The ack follows when this method returns.
        await database.SaveChangesAsync(cancellationToken);
        LogHandled(message.Title, message.Version, message.State);
    }

    [LoggerMessage(1, LogLevel.Information, "handled: {Title}, version {Version}, {State}")]
    private partial void LogHandled(string title, int version, TodoState state);

    [LoggerMessage(2, LogLevel.Information, "handled before: {Title}, version {Version}")]
    private partial void LogHandledBefore(string title, int version);
}
