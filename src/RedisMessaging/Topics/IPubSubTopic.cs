namespace RedisMessaging;

/// <summary>What only a topic on Pub/Sub has (<see cref="ITopic.AsPubSub"/>).</summary>
public interface IPubSubTopic : ITopic
{
    /// <summary>
    /// Counts who subscribes to a Pub/Sub topic at the moment; of a pattern (<c>news:*</c>) to each of its channels. Only Redis' word: a subscription that is about to end may be among
    /// them, and one whose process is gone until Redis notices.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The counts.</returns>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked.</exception>
    ValueTask<SubscriberCounts> CountSubscribersAsync(CancellationToken cancellationToken = default);
}
