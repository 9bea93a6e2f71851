namespace RedisMessaging.Publishing.Batching;

/// <summary>
/// The batches on their first attempt, and how many more may join them. The lock of <see cref="PublishQueue"/> guards it.
/// </summary>
internal sealed class InFlightBatches(TimeProvider time)
{
    private const int MaxMessages = 16_384;

    private readonly List<PublishBatch> _batches = [];
    private readonly PublishWindow _window = new(time);
    private long _bytes;

    public int Count => _batches.Count;

    public int Messages { get; private set; }

    public bool HasRoom => Messages < MaxMessages && _bytes < _window.Bytes;

    public void Add(PublishBatch batch)
    {
        batch.Close();
        batch.SentAt = time.GetTimestamp();
        _batches.Add(batch);
        Messages += batch.Messages;
        _bytes += batch.Bytes;
    }

    public void Remove(PublishBatch batch)
    {
        _window.Note(batch.SentAt, _bytes);
        _batches.Remove(batch);
        Messages -= batch.Messages;
        _bytes -= batch.Bytes;
    }

    /// <summary>Large messages have a connection of their own, and two connections keep no order between them.</summary>
    public bool KeepsOrder(PendingPublish next) => _batches.Count == 0 || next.IsLarge == _batches[0].IsLarge;

    /// <summary>Whether a batch holds an earlier publish to the same address.</summary>
    public bool HoldsEarlier(PendingPublish entry)
    {
        foreach (var batch in _batches)
        {
            if (batch.Address == entry.Address && batch.Entries[0].Number < entry.Number)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A caller has cancelled its publish: cancels the batch when all others have, too.</summary>
    public void Cancel(PendingPublish entry) => _batches.Find(batch => batch.Entries.Contains(entry))?.CancelIfAllAre();
}
