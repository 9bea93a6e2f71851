using RedisMessaging.Bus;
using RedisMessaging.Topics;

namespace RedisMessaging;

/// <summary>A live subscription. Disposing it stops it.</summary>
/// <remarks>
/// Disposing stops fetching at once and lets running handlers end. Their token is cancelled 5 s before <c>ShutdownTimeout</c> is over, or a
/// fifth of it where that is less. What was not handled goes back to Redis, so that another consumer gets it at once. All of this ends
/// within <c>ShutdownTimeout</c>; where Redis does not answer, it may take a second longer. A handler may dispose its own subscription: the
/// call returns when all other handlers have ended, and the handler's message is settled once it ends, as ever.
/// </remarks>
public interface IMessageSubscription : IAsyncDisposable
{
    /// <summary>The topic or pattern subscribed to.</summary>
    string Topic { get; }

    /// <summary>The consumer group, or the label on transports without groups.</summary>
    string Group { get; }

    /// <summary>
    /// Whether it is paused: by itself (<see cref="PauseAsync"/>),
    /// with its group or topic (<see cref="ITopic.PauseAsync"/>), by the configuration (<c>Paused</c>), or because its handlers fail
    /// (<see cref="ConsumerOptions.PauseOn{TException}"/>).
    /// </summary>
    bool IsPaused { get; }

    /// <summary>
    /// Pauses this subscription in this process alone: no handler is started any more, running ones end. Nothing is written to Redis, and a
    /// new process knows nothing of it.
    /// </summary>
    /// <remarks>
    /// Queue and stream: it stops fetching, and what was fetched and not started goes back at once, so that other consumers of the group
    /// get it; leases of running handlers are kept. Pub/Sub: it stays subscribed, and messages gather in its buffer, which drops as
    /// <see cref="PubSubOptions.FullMode"/> says once it is full, and counts that.
    /// </remarks>
    /// <param name="cancellationToken">Cancels before anything was done.</param>
    /// <returns>A task that ends when no further handler is started; what was fetched may still be on its way back.</returns>
    ValueTask PauseAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends the pause of <see cref="PauseAsync"/>. It continues unless it is paused for another reason, too: see <see cref="IsPaused"/>.
    /// </summary>
    /// <param name="cancellationToken">Cancels before anything was done.</param>
    /// <returns>A task that ends when handlers may be started again.</returns>
    ValueTask ResumeAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Messages may have been missed: raised when a Pub/Sub subscription is live again after its connection was lost, and when its full
    /// buffer was emptied (<c>PubSubFullMode.Disconnect</c>). Never raised on a queue or a stream, where nothing is missed. Raised on a
    /// thread of the pool; what a handler throws is logged.
    /// </summary>
    /// <remarks>For handlers that are added at start, and for readers, see <see cref="ConsumerOptions.OnGap"/>.</remarks>
    event EventHandler<SubscriptionGap>? Gap;
}
