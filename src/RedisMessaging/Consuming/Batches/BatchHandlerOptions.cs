using RedisMessaging.Consuming.Batches;

namespace RedisMessaging;

/// <summary>
/// How a registered batch handler consumes. <see cref="ConsumerOptions.Concurrency"/> is how many batches are handled at the same time.
/// </summary>
public sealed class BatchHandlerOptions : HandlerOptions, IBatchOptions
{
    /// <summary>
    /// How many messages a batch has at the most. Default 100; 1 to 10,000, and times the concurrency 10,000 at the most. The default
    /// prefetch is twice that, at least 100.
    /// </summary>
    public int BatchSize { get; set; } = BatchLimits.DefaultSize;

    /// <summary>
    /// How long a batch that is not full waits for more messages, from its first one on; zero: takes what is there. Default 50 ms; an hour
    /// at the most. A batch goes before that when nothing more can join it: on a stop, on a pause, and when its first message was
    /// redelivered and is handled alone.
    /// </summary>
    public TimeSpan BatchWait { get; set; } = BatchLimits.DefaultWait;
}
