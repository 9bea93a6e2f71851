using System.Buffers;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Batching;

/// <summary>Publishes that go to Redis in one call of the transport. Pooled.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design",
    "CA1001",
    Justification = "Without a timer or a link a CancellationTokenSource holds nothing, and others may look at its token.")]
internal sealed class PublishBatch
{
    /// <summary>Larger commands are not faster, and a larger script would block the server for other clients.</summary>
    public const int MaxMessages = 256;

    private const int MaxBytes = 1 << 20;

    private OutgoingFrame[]? _frames;
    private SendResult[]? _results;
    private CancellationTokenSource? _allCancelled;

    public List<PendingPublish> Entries { get; } = [];

    public string Address { get; private set; } = "";

    public int Messages { get; private set; }

    public long Bytes { get; private set; }

    public bool IsLarge => Entries.Count > 0 && Entries[0].IsLarge;

    /// <summary>When it was sent: a timestamp.</summary>
    public long SentAt { get; set; }

    public ReadOnlyMemory<OutgoingFrame> Frames { get; private set; }

    public Memory<SendResult> Results { get; private set; }

    /// <summary>Some of its messages failed.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Cancelled when all callers have cancelled: a transport that waits for a connection need not send then.</summary>
    public CancellationToken Cancelled => _allCancelled?.Token ?? (Entries.Count == 1 ? Entries[0].Cancellation : CancellationToken.None);

    /// <summary>False when it has to go with the next one.</summary>
    public bool TryAdd(PendingPublish entry)
    {
        if (Entries.Count > 0
            && (entry.IsAtomic
            || Entries[0].IsAtomic
            || entry.Address != Address
            || entry.IsLarge != IsLarge
            || Messages == MaxMessages
            || Bytes + entry.Bytes > MaxBytes))
        {
            return false;
        }

        Entries.Add(entry);
        Address = entry.Address;
        Messages += entry.Frames.Length;
        Bytes += entry.Bytes;
        return true;
    }

    /// <summary>No more are added.</summary>
    public void Close()
    {
        var cancellable = true;
        foreach (var entry in Entries)
        {
            entry.State = PendingPublishState.InFlight;
            cancellable &= entry.Cancellation.CanBeCanceled;
        }

        // A caller that is alone gives its own token.
        if (cancellable && Entries.Count > 1)
        {
            _allCancelled = new CancellationTokenSource();
        }
    }

    public void CancelIfAllAre()
    {
        if (Entries.TrueForAll(entry => entry.IsCancelled))
        {
            // Continuations run on other threads: the lock of the queue is held here.
            _ = _allCancelled?.CancelAsync();
        }
    }

    /// <summary>Copies the frames of all callers into one array.</summary>
    public void CollectFrames()
    {
        if (Entries.Count == 1)
        {
            (Frames, Results) = (Entries[0].Frames, Entries[0].Results);
            return;
        }

        _frames = ArrayPool<OutgoingFrame>.Shared.Rent(Messages);
        _results = ArrayPool<SendResult>.Shared.Rent(Messages);
        (Frames, Results) = (_frames.AsMemory(0, Messages), _results.AsMemory(0, Messages));
        Results.Span.Clear();
        for (var i = 0; i < Entries.Count; i++)
        {
            _frames[i] = Entries[i].Frames.Span[0];
        }
    }

    /// <summary>Copies each result to its caller.</summary>
    public void DistributeResults()
    {
        foreach (ref readonly var result in Results.Span)
        {
            HasFailed |= result.Error is not null;
        }

        if (_results is null)
        {
            return;
        }

        for (var i = 0; i < Entries.Count; i++)
        {
            Entries[i].Results.Span[0] = _results[i];
        }
    }

    public void Reset()
    {
        if (_frames is not null && _results is not null)
        {
            // No more than was used: clearing all of a large array costs as much as filling it.
            Array.Clear(_frames, 0, Messages);
            Array.Clear(_results, 0, Messages);
            ArrayPool<OutgoingFrame>.Shared.Return(_frames);
            ArrayPool<SendResult>.Shared.Return(_results);
            (_frames, _results) = (null, null);
        }

        Entries.Clear();
        _allCancelled = null;
        HasFailed = false;
        Address = "";
        (Messages, Bytes) = (0, 0);
        (Frames, Results) = (default, default);
    }
}
