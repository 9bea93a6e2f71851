namespace Todo.Worker;

/// <summary>The mark of a message whose effect is in the same transaction.</summary>
internal sealed class HandledMessage
{
    public required string MessageId { get; init; }

    /// <summary>For a job that deletes marks which are older than any outbox row can get.</summary>
    public required DateTimeOffset HandledAt { get; init; }
}
