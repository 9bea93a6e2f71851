namespace RedisMessaging;

/// <summary>How messages are consumed. Handlers on one topic and group form one consumer and have to agree.</summary>
public abstract class ConsumerOptions
{
    /// <summary>
    /// The consumer group. Stream: Redis' consumer group, whose members share the messages while other groups get them too.
    /// Queue and Pub/Sub: a label. Default: the application's name (<c>RedisMessagingOptions.Application</c>).
    /// </summary>
    public string? Group { get; set; }

    /// <summary>How many messages are handled at the same time by this process. Default 1: in order.</summary>
    public int? Concurrency { get; set; }

    /// <summary>
    /// How many messages this process holds at the most, being handled or waiting to be. Default 100, or <see cref="Concurrency"/> when that is more.
    /// Leases cover what is prefetched.
    /// </summary>
    public int? Prefetch { get; set; }

    /// <summary>
    /// Every process gets every message. Stream: a consumer group for each process, removed when it stops. Pub/Sub: always so.
    /// Queue: refused. Default <see langword="false"/>.
    /// </summary>
    public bool? Broadcast { get; set; }

    /// <summary>Stream: where a group that does not exist yet starts. Default: at the beginning; with <see cref="Broadcast"/> at what is new.</summary>
    public StartPosition StartAt { get; set; }

    /// <summary>
    /// Pub/Sub: called when messages may have been missed, as <see cref="IMessageSubscription.Gap"/> is raised. Called on a thread of the pool; what it throws is logged. Never called on a
    /// queue or a stream. Default: none.
    /// </summary>
    public Action<SubscriptionGap>? OnGap { get; set; }

    /// <summary>
    /// For how long the ids of the messages that this group has acked are remembered, at least, so that a message with a recorded ack is not handled again: one that was published twice
    /// with one <see cref="PublishOptions.MessageId"/>, or put back by hand. It is acked, counted and logged then. Default: <see langword="null"/>, nothing is remembered. More than zero,
    /// at most 30 days. Queue and stream; refused on Pub/Sub, on a queue with <see cref="QueueDelivery.AtMostOnce"/>, and with <see cref="Broadcast"/>.
    /// </summary>
    /// <remarks>
    /// The ack writes the id into the sorted set <c>{topic}:inbox:{group}</c> in the same script (<c>ZADD</c>, with which old ones are trimmed), and each message is looked up before its handler
    /// is started (<c>ZSCORE</c>: one round trip). Retries and dead letters leave no mark, so they are handled again. It is no lock: two messages with one id that are handled at the same time
    /// both run, and a crash between a handler's effect and its ack repeats the effect. What may never happen twice needs the message's id in the effect's own transaction.
    /// </remarks>
    public TimeSpan? InboxWindow { get; set; }

    /// <summary>
    /// How fast this process starts handlers at the most: a token bucket that holds <c>Messages</c> and fills up in <c>Per</c>, so that after a quiet time that many are started at once, and in any span
    /// of <c>Per</c> never more than twice as many. Messages that wait for their turn are prefetched and no handler has been started with them; they go back when the subscription is paused
    /// or stopped. Each process has a limit of its own. Attempts that follow at once (<see cref="RetryOptions.ImmediateAttempts"/>) count as one start, messages that no handler gets as none.
    /// Default: <see langword="null"/>, as fast as it goes. All transports; refused for readers (<see cref="IMessageBus.ReadAsync{T}"/>), which take messages at their own pace.
    /// </summary>
    public RateLimit? RateLimit { get; set; }

    /// <summary>What happens to a message whose handler failed: each handler's own affair, also within one group. A reader (<see cref="IMessageBus.ReadAsync{T}"/>) decides by itself.</summary>
    public RetryOptions Retry { get; } = new();

    /// <summary>
    /// How long a handler may run. Then its token is cancelled, and the attempt has failed with a <see cref="TimeoutException"/>; a handler that goes on nevertheless is left behind after
    /// another 5 s. Default: no limit, the lease is renewed for as long as it runs.
    /// </summary>
    public TimeSpan? HandlerTimeout { get; set; }
}
