namespace Todo.Outbox;

/// <summary>The section <c>Outbox</c>.</summary>
internal sealed class OutboxOptions
{
    /// <summary>How often the relay looks without being woken: for rows of a process that was killed, and for those that Redis did not take.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    public HoldPoint HoldAt { get; set; }
}
