using RedisMessaging.Background;
using RedisMessaging.Configuration.Handlers;

namespace RedisMessaging.Consuming.Batches;

/// <summary>The batch of one handler that messages join.</summary>
internal sealed class OpenBatch : IDisposable
{
    private readonly TimeSpan _wait;
    private readonly ITimer _timer;
    private List<BatchItem> _items;

    /// <param name="waitOver">Called on another thread when a batch has waited for long enough.</param>
    public OpenBatch(HandlerDefinition handler, IBatchOptions options, TimeProvider time, Action<OpenBatch> waitOver)
    {
        Handler = handler;
        Size = options.BatchSize;
        _wait = options.BatchWait;
        _items = new List<BatchItem>(Size);
        _timer = BackgroundLoop.CreateTimer(time, () => waitOver(this));
    }

    public HandlerDefinition Handler { get; }

    public BatchHandlerBinding Binding => (BatchHandlerBinding)Handler.Binding;

    public int Size { get; }

    public int Count => _items.Count;

    /// <summary>It does not wait for what is not there yet.</summary>
    public bool TakesWhatIsThere => _wait == TimeSpan.Zero;

    public bool IsFull => _items.Count >= Size;

    /// <summary>It waited for long enough.</summary>
    public bool IsLate { get; set; }

    public void Add(BatchItem item)
    {
        _items.Add(item);
        if (_items.Count == 1 && !TakesWhatIsThere)
        {
            _timer.Change(_wait, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Takes a batch out, in the order its messages were received in.</summary>
    public List<BatchItem> Take()
    {
        // Filters and the inbox may have changed it.
        _items.Sort(static (a, b) => a.Context.Held.Number.CompareTo(b.Context.Held.Number));
        var taken = _items;
        _items = new List<BatchItem>(Size);
        if (taken.Count > Size)
        {
            _items.AddRange(taken.Skip(Size));
            taken.RemoveRange(Size, taken.Count - Size);
        }

        IsLate = false;
        _timer.Change(_items.Count > 0 && !TakesWhatIsThere ? _wait : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return taken;
    }

    public void Dispose() => _timer.Dispose();
}
