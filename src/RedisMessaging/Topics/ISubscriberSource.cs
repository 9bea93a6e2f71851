namespace RedisMessaging.Topics;

/// <summary>A transport whose subscribers Redis can count.</summary>
internal interface ISubscriberSource
{
    ValueTask<SubscriberCounts> CountAsync(string address, CancellationToken cancellationToken);
}
