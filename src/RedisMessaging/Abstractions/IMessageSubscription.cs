namespace RedisMessaging;

/// <summary>A live subscription. Disposing it stops it.</summary>
/// <remarks>
/// Disposing stops fetching at once, lets running handlers end within <c>ShutdownTimeout</c>, cancels their token then, and gives back to Redis what was
/// not handled, so that another consumer gets it at once.
/// </remarks>
public interface IMessageSubscription : IAsyncDisposable
{
    /// <summary>The topic or pattern subscribed to.</summary>
    string Topic { get; }

    /// <summary>The consumer group, or the label on transports without groups.</summary>
    string Group { get; }

    /// <summary>
    /// Messages may have been missed: raised when a Pub/Sub subscription is live again after its connection was lost, and when its full buffer was emptied
    /// (<c>PubSubFullMode.Disconnect</c>). Never raised on a queue or a stream, where nothing is missed. Raised on a thread of the pool; what a handler throws is logged.
    /// </summary>
    /// <remarks>For handlers that are added at start, and for readers, see <see cref="ConsumerOptions.OnGap"/>.</remarks>
    event EventHandler<SubscriptionGap>? Gap;
}
