using System.Buffers;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Batching;

/// <summary>What some callers send, on its way to Redis in one call of the transport. Used again.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design",
    "CA1001",
    Justification = "Without a timer or a link a CancellationTokenSource holds nothing, and others may look at its token.")]
internal sealed class PublishBatch
{
    /// <summary>Beyond that a command gains nothing, and a script would keep the server from everybody else.</summary>
    public const int MostMessages = 256;

    private const int MostBytes = 1 << 20;

    private OutgoingFrame[]? _frames;
    private SendResult[]? _results;
    private CancellationTokenSource? _withdrawn;

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

    /// <summary>Cancelled when all of its callers have had enough: a transport that waits for a connection then need not send.</summary>
    public CancellationToken Withdrawn => _withdrawn?.Token ?? (Entries.Count == 1 ? Entries[0].Cancellation : CancellationToken.None);

    /// <summary>False when it has to go with the next one.</summary>
    public bool TryAdd(PendingPublish entry)
    {
        if (Entries.Count > 0
            && (entry.IsApart
            || Entries[0].IsApart
            || entry.Address != Address
            || entry.IsLarge != IsLarge
            || Messages == MostMessages
            || Bytes + entry.Bytes > MostBytes))
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
            entry.State = PendingPublishState.UnderWay;
            cancellable &= entry.Cancellation.CanBeCanceled;
        }

        // A caller that is alone gives its own token.
        if (cancellable && Entries.Count > 1)
        {
            _withdrawn = new CancellationTokenSource();
        }
    }

    public void WithdrawIfAllAre()
    {
        if (Entries.TrueForAll(entry => entry.IsWithdrawn))
        {
            // Who waits for it goes on elsewhere: this is under the line's lock.
            _ = _withdrawn?.CancelAsync();
        }
    }

    /// <summary>Lays the frames side by side.</summary>
    public void Gather()
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

    /// <summary>Gives each caller its own result.</summary>
    public void Spread()
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
        _withdrawn = null;
        HasFailed = false;
        Address = "";
        (Messages, Bytes) = (0, 0);
        (Frames, Results) = (default, default);
    }
}
