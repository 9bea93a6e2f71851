using RedisMessaging.Consuming.Batches;

namespace RedisMessaging;

/// <summary>
/// How <see cref="IMessageBus.SubscribeBatchAsync{T}(string, BatchHandler{T}, BatchSubscribeOptions?, CancellationToken)"/> consumes.
/// </summary>
public sealed class BatchSubscribeOptions : SubscribeOptions, IBatchOptions
{
    /// <inheritdoc cref="BatchHandlerOptions.BatchSize"/>
    public int BatchSize { get; set; } = BatchLimits.DefaultSize;

    /// <inheritdoc cref="BatchHandlerOptions.BatchWait"/>
    public TimeSpan BatchWait { get; set; } = BatchLimits.DefaultWait;
}
