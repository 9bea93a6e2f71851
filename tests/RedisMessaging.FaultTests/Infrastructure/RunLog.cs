using System.Collections.Concurrent;

namespace RedisMessaging.FaultTests;

/// <summary>Everything that was published and everything that was handled, with the time of both.</summary>
internal sealed class RunLog
{
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private readonly ConcurrentQueue<Published> _published = new();
    private readonly ConcurrentQueue<Handling> _handled = new();
    private readonly ConcurrentQueue<string> _warnings = new();
    private int _ok;
    private long _lastHandled;
    private long _lastReceiveFault;

    public TimeSpan Now => TimeProvider.System.GetElapsedTime(_started);

    public IReadOnlyCollection<Published> Published => _published;

    public IReadOnlyCollection<Handling> Handled => _handled;

    /// <summary>What the run's buses warned of.</summary>
    public IReadOnlyCollection<string> Warnings => _warnings;

    public int Ok => Volatile.Read(ref _ok);

    public int HandledCount => _handled.Count;

    /// <summary>When the last handler was started.</summary>
    public TimeSpan LastHandled => TimeSpan.FromTicks(Volatile.Read(ref _lastHandled));

    /// <summary>When a queue's consumer last failed to receive.</summary>
    public TimeSpan? LastReceiveFault => Volatile.Read(ref _lastReceiveFault) is not 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;

    public void NoteReceiveFault() => Volatile.Write(ref _lastReceiveFault, Now.Ticks);

    public void Add(MessageKey key, Outcome outcome, TimeSpan sentAt, Exception? error = null)
    {
        _published.Enqueue(new Published(key, outcome, sentAt, Now, error));
        if (outcome == Outcome.Ok)
        {
            Interlocked.Increment(ref _ok);
        }
    }

    public void Warn(string text) => _warnings.Enqueue(text);

    public void Add(MessageKey key, string consumer, int attempt)
    {
        var now = Now;
        _handled.Enqueue(new Handling(key, consumer, attempt, now));
        Volatile.Write(ref _lastHandled, now.Ticks);
    }
}
