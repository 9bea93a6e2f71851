using System.Text.Json;
using Todo.Messages;

namespace Todo.Outbox;

/// <summary>A message that is to be published, written in one transaction with what it tells.</summary>
internal sealed class OutboxRow
{
    /// <summary>Counted up by the database, for the order: ids that are made within one millisecond have none.</summary>
    public long Number { get; init; }

    /// <summary>The message's id, however often the row is published.</summary>
    public required Guid MessageId { get; init; }

    public required string Body { get; init; }

    public static OutboxRow Of(TodoUpdated update) => new() { MessageId = Guid.CreateVersion7(), Body = JsonSerializer.Serialize(update, MessagesJson.Default.TodoUpdated) };

    public TodoUpdated Read() => JsonSerializer.Deserialize(Body, MessagesJson.Default.TodoUpdated)!;
}
