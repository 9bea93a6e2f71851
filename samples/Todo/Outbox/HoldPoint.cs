namespace Todo.Outbox;

/// <summary>Where a relay can be told to stop for ever, so that its process can be killed at that very point: for the story and the tests.</summary>
internal enum HoldPoint
{
    None,

    /// <summary>The transaction is committed, and nothing is published.</summary>
    BeforePublish,

    /// <summary>The message is published, and its row is still there.</summary>
    BeforeDelete,
}
