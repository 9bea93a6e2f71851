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
}
