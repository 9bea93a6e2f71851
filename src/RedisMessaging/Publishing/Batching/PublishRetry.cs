using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Batching;

/// <summary>Another attempt at what is left of some entries with one address.</summary>
internal sealed class PublishRetry(string address)
{
    private const int MaxMessages = 256;
    private const int MaxBytes = 1 << 20;

    private readonly List<OutgoingFrame> _frames = [];
    private readonly List<(PendingPublish Entry, int Index)> _parts = [];
    private bool _isFull;
    private long _bytes;

    public string Address { get; } = address;

    public List<PendingPublish> Entries { get; } = [];

    /// <summary>How many of its messages were attempted before.</summary>
    public int Retried { get; private set; }

    /// <summary>False when it has to go with the next one.</summary>
    public bool TryAdd(PendingPublish entry, bool isRemembered)
    {
        if (_isFull || (Entries.Count > 0 && (entry.IsAtomic || _frames.Count >= MaxMessages || _bytes + entry.Bytes > MaxBytes)))
        {
            return false;
        }

        entry.State = PendingPublishState.InFlight;
        Entries.Add(entry);
        _bytes += entry.Bytes;
        _isFull = entry.IsAtomic;
        for (var i = 0; i < entry.Frames.Length; i++)
        {
            if (!entry.WasAttempted || PublishRetryRules.IsRetried(entry.Frames.Span[i], entry.Results.Span[i], isRemembered))
            {
                Retried += entry.WasAttempted ? 1 : 0;
                _parts.Add((entry, i));
                var frame = entry.Frames.Span[i];
                _frames.Add(entry.WasAttempted ? frame with { Mark = entry.Results.Span[i].Mark, IsAnotherAttempt = true } : frame);
            }
        }

        return true;
    }

    /// <summary>Without a caller's token, with which a transport would say that nothing was sent.</summary>
    public async Task SendAsync(ITransport transport)
    {
        var results = new SendResult[_frames.Count];
        try
        {
            if (results.Length > 0)
            {
                await transport.SendAsync(Address, _frames.ToArray(), results, CancellationToken.None).ConfigureAwait(false);
                PublishRetryRules.MarkPossiblyStored(results);
            }
        }
        catch (Exception error)
        {
            // A transport throws only before it has sent anything.
            Array.Fill(results, new SendResult(Error: error));
        }

        for (var i = 0; i < results.Length; i++)
        {
            var (entry, index) = _parts[i];
            ref var result = ref entry.Results.Span[index];
            result = entry.WasAttempted ? PublishRetryRules.Merge(result, results[i]) : results[i];
        }

        Entries.ForEach(entry => (entry.WasSentAgain, entry.WasAttempted) = (entry.WasAttempted, true));
    }
}
