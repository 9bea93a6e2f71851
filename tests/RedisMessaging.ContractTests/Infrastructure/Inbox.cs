using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>A handler that keeps what it gets.</summary>
internal sealed class Inbox
{
    private readonly ConcurrentQueue<(Note Note, MessageContext Context)> _received = new();

    public IReadOnlyList<Note> Notes => [.. _received.Select(received => received.Note)];

    public IReadOnlyList<int> Numbers => [.. _received.Select(received => received.Note.Number)];

    public IReadOnlyList<MessageContext> Contexts => [.. _received.Select(received => received.Context)];

    public int Count => _received.Count;

    public ValueTask HandleAsync(Note note, MessageContext context, CancellationToken cancellationToken)
    {
        _received.Enqueue((note, context));
        return ValueTask.CompletedTask;
    }

    public Task HasAsync(int count) => Eventually.TrueAsync(() => Count >= count, what: $"{count} messages; there are {Count}");

    public Task HasAsync(Note note) => Eventually.TrueAsync(() => Notes.Contains(note), what: $"{note}");
}
