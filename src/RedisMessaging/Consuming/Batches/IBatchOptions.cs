namespace RedisMessaging.Consuming.Batches;

/// <summary>How large a batch may grow and how long it may wait.</summary>
internal interface IBatchOptions
{
    int BatchSize { get; set; }

    TimeSpan BatchWait { get; set; }
}
