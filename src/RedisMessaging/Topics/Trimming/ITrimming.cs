namespace RedisMessaging.Topics.Trimming;

/// <summary>A transport that keeps what was handled until somebody removes it.</summary>
internal interface ITrimming
{
    /// <summary>Trims now, to the topic's retention unless another is given.</summary>
    ValueTask<TrimResult> TrimAsync(Retention? retention, CancellationToken cancellationToken);

    /// <summary>Deletes one entry. False when it is not there.</summary>
    /// <exception cref="ConsumerGroupException">Some group has yet to handle it, and it is not forced.</exception>
    ValueTask<bool> DeleteAsync(string position, bool force, CancellationToken cancellationToken);
}
