using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>A handler that keeps what it was started with, by key, and notices when two of one key run at the same time.</summary>
internal sealed class KeyedNotes(Func<Note, MessageContext, Task> handle)
{
    private readonly ConcurrentQueue<(string? Key, int Number, int Attempt)> _started = new();
    private readonly ConcurrentDictionary<string, int> _running = new();
    private int _together;
    private int _overlaps;
    private int _most;

    public IReadOnlyList<(string? Key, int Number, int Attempt)> Notes => [.. _started];

    /// <summary>How often a message was started while another one of its key was running.</summary>
    public int Overlaps => Volatile.Read(ref _overlaps);

    /// <summary>How many ran at the same time.</summary>
    public int Most => Volatile.Read(ref _most);

    public async ValueTask HandleAsync(Note note, MessageContext context, CancellationToken cancellationToken)
    {
        if (context.Key is { } key && _running.AddOrUpdate(key, 1, (_, running) => running + 1) > 1)
        {
            Interlocked.Increment(ref _overlaps);
        }

        var together = Interlocked.Increment(ref _together);
        _most = Math.Max(_most, together);
        _started.Enqueue((context.Key, note.Number, context.Attempt));
        try
        {
            await handle(note, context);
        }
        finally
        {
            Interlocked.Decrement(ref _together);
            if (context.Key is not null)
            {
                _running.AddOrUpdate(context.Key, 0, (_, running) => running - 1);
            }
        }
    }

    public Task HasAsync(int count) => Eventually.TrueAsync(() => _started.Count >= count, what: $"{count} starts; there are {_started.Count}");
}
