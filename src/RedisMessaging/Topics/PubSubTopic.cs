namespace RedisMessaging.Topics;

/// <summary>A topic on Pub/Sub.</summary>
/// <param name="address">The channel, or the pattern of channels.</param>
internal sealed class PubSubTopic(ITopic topic, ISubscriberSource subscribers, string address) : TopicView(topic), IPubSubTopic
{
    public ValueTask<SubscriberCounts> CountSubscribersAsync(CancellationToken cancellationToken = default) =>
        subscribers.CountAsync(address, cancellationToken);
}
