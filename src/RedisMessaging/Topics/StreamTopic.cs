using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Trimming;

namespace RedisMessaging.Topics;

/// <summary>A topic on a stream.</summary>
/// <param name="history"><see langword="null"/> where handled entries are deleted at once.</param>
internal sealed class StreamTopic(ITopic topic, IConsumerGroups groups, ITrimming trimming, HistoryReader? history) : TopicView(topic), IStreamTopic
{
    private HistoryReader History => history ?? throw new NotSupportedException(
        $"Topic '{Name}' is on {Transport}, which keeps no history with DeleteOnAck. "
        + "Stream topics keep theirs until it is trimmed: leave DeleteOnAck out.");

    public IConsumerGroups Groups => groups;

    public IAsyncEnumerable<HistoryEntry<T>> ReadHistoryAsync<T>(
        HistoryPoint from = default, HistoryPoint to = default, HistoryOptions? options = null, CancellationToken cancellationToken = default) =>
        History.ReadAsync<T>(from, to, options, cancellationToken);

    public IAsyncEnumerable<HistoryEntry<T>> TailAsync<T>(HistoryPoint from = default, CancellationToken cancellationToken = default) =>
        History.TailAsync<T>(from, cancellationToken);

    public ValueTask<HistorySummary> SummarizeHistoryAsync(CancellationToken cancellationToken = default) =>
        History.SummarizeAsync(cancellationToken);

    public ValueTask<TrimResult> TrimAsync(Retention? retention = null, CancellationToken cancellationToken = default) =>
        trimming.TrimAsync(retention, cancellationToken);

    public ValueTask<bool> DeleteAsync(string position, bool force = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(position);
        return trimming.DeleteAsync(position, force, cancellationToken);
    }
}
