using RedisMessaging.Consuming.Pausing;

namespace RedisMessaging;

/// <summary>How messages are consumed. Handlers on one topic and group form one consumer and have to agree.</summary>
public abstract class ConsumerOptions
{
    /// <summary>
    /// The consumer group. Stream: Redis' consumer group, whose members share the messages while other groups get them too.
    /// Queue and Pub/Sub: a label. Default: the application's name (<c>RedisMessagingOptions.Application</c>).
    /// </summary>
    public string? Group { get; set; }

    /// <summary>
    /// How many messages are handled at the same time by this process; for a batch handler, how many batches. Default 1: in order.
    /// </summary>
    public int? Concurrency { get; set; }

    /// <summary>
    /// How many messages this process holds at the most, being handled or waiting to be. Leases cover what is prefetched. Default on queues
    /// and streams: what the handlers get through in 100 ms, but 100 or twice the <see cref="Concurrency"/> at
    /// least and 1,000 at most: quick handlers do not wait for a read, and slow ones leave messages to other consumers. Default for
    /// Pub/Sub, readers and batch handlers: 100; with a batch handler twice the concurrency times the batch size, when that is more.
    /// </summary>
    public int? Prefetch { get; set; }

    /// <summary>
    /// How many bytes of messages this process holds at the most, being handled or waiting to be, as they are in Redis. Default 64 MiB; at
    /// least 1,024. One message is always fetched, however large it is. Large messages can keep fewer than <see cref="Concurrency"/>
    /// handlers busy, and can run a batch before it is full: raise it for them. All transports.
    /// </summary>
    /// <remarks>
    /// Redis counts messages, not bytes: a stream, and a queue that is delivered at most once, are asked for so many as are likely to fit,
    /// by the sizes of those that came before, and what is larger than expected can exceed this for a moment. Pub/Sub has a buffer of its
    /// own beside it (<see cref="PubSubOptions.BufferBytes"/>).
    /// </remarks>
    public long? PrefetchBytes { get; set; }

    /// <summary>
    /// Every process gets every message. Stream: a consumer group for each process, removed when it stops, unless it has a name
    /// (<see cref="BroadcastName"/>). Pub/Sub: always so; <see langword="false"/> is refused. Queue: refused. Default
    /// <see langword="false"/>, or <see langword="true"/> with <see cref="BroadcastName"/>.
    /// </summary>
    public bool? Broadcast { get; set; }

    /// <summary>
    /// Stream: the name under which this process remembers its place in the <see cref="Broadcast"/>, which it implies. A process that stops
    /// or dies continues where it was when it starts again, and misses nothing in between. The host's name, or the pod's ordinal: it has to
    /// be the same after a restart, and every process needs its own. 1 to 100 characters without blanks, braces, control characters,
    /// <c>:</c> and <c>@</c>. Default: <see langword="null"/>, nothing is remembered. Refused on queues and on Pub/Sub, which remember no
    /// place, and together with <see cref="InboxWindow"/>.
    /// </summary>
    /// <remarks>
    /// The place is the consumer group <c>broadcast:{group}:@{name}</c>; the first time it starts as <see cref="StartAt"/> says. One
    /// process has a name at a time, by a key that lasts for 6 s and is renewed (<c>SET … PX</c>): a second one that runs is refused when
    /// it subscribes, and after a crash the next one waits for those 6 s at the most. A process that was cut off for so
    /// long, while another took its name, receives nothing until that one stops, and logs it as an error. A name that no consumer has had
    /// for 7 days is forgotten.
    /// </remarks>
    public string? BroadcastName { get; set; }

    /// <summary>
    /// Stream: where a group that does not exist yet starts. Default: at the beginning; with <see cref="Broadcast"/> at what is new.
    /// Refused where the transport can't start there.
    /// </summary>
    public StartPosition StartAt { get; set; }

    /// <summary>
    /// Pub/Sub: called when messages may have been missed, as <see cref="IMessageSubscription.Gap"/> is raised. Called on a thread of the
    /// pool; what it throws is logged. Never called on a queue or a stream. Default: none.
    /// </summary>
    public Action<SubscriptionGap>? OnGap { get; set; }

    /// <summary>
    /// Called for each message that the consumer gives up, by handlers, readers and the library itself: after its last attempt, where it
    /// can't be read, where it is past its <c>TimeToLive</c> and is kept. When and how often it is called says
    /// <see cref="IDeadLetterObserver"/>; what it throws is logged. Handlers on one topic and group form one consumer: the hooks of all of
    /// them are called. Set in code alone. All transports. Default: none.
    /// </summary>
    public Func<DeadLetterNotice, CancellationToken, ValueTask>? OnDeadLetter { get; set; }

    /// <summary>
    /// For how long the ids of the messages that this group has acked are remembered, at least, so that a message with a recorded ack is
    /// not handled again: one that was published twice with one <see cref="PublishOptions.MessageId"/>, or redriven. It is acked,
    /// counted and logged then. Default: <see langword="null"/>, nothing is remembered. More than zero, at most 30 days. Queue and stream;
    /// refused on Pub/Sub, on a queue with <see cref="QueueDelivery.AtMostOnce"/>, and with <see cref="Broadcast"/>.
    /// </summary>
    /// <remarks>
    /// The ack writes the id into the sorted set <c>{topic}:inbox:{group}</c> in the same script (<c>ZADD</c>, with which old ones are
    /// trimmed), and each message is looked up before its handler is started (<c>ZSCORE</c>: one round trip). Retries and dead letters
    /// leave no mark, so they are handled again. It is no lock: two messages with one id that are handled at the same time
    /// both run, and a crash between a handler's effect and its ack repeats the effect. What may never happen twice needs the message's id
    /// in the effect's own transaction.
    /// </remarks>
    public TimeSpan? InboxWindow { get; set; }

    /// <summary>
    /// Whether messages with the same <see cref="PublishOptions.Key"/> are handled one after another by this process, in the order the
    /// transport hands them out in, while other keys go on beside them. Default: <see cref="KeyOrder.None"/>. On every transport; handlers
    /// only: a reader takes its messages in order anyway, and settles them itself. Refused together with batch handlers.
    /// </summary>
    /// <remarks>
    /// <para>
    /// What waits for its key occupies no handler, but holds one of the <see cref="Prefetch"/>, its lease renewed: a key with more messages
    /// than that, all of them slow or (with <see cref="KeyOrder.Strict"/>) waiting for another attempt, keeps other messages from being
    /// fetched. A handler that is left behind after <see cref="HandlerTimeout"/> may run beside the next message of its key.
    /// </para>
    /// <para>
    /// The order is kept within one process, and for what a process gives back when it stops. When a process dies, or loses a lease, its
    /// messages come back after others of their key may have been handled, with a <see cref="MessageContext.Attempt"/> above 1 if they had
    /// been started. Attempts made in place are not on record in Redis: after a crash they are counted again.
    /// </para>
    /// </remarks>
    public KeyOrder? KeyOrder { get; set; }

    /// <summary>
    /// How fast this process starts handlers at the most: a token bucket that holds <c>Messages</c> and fills up in <c>Per</c>, so that
    /// after a quiet time that many are started at once, and in any span of <c>Per</c> never more than twice as many. Messages that wait
    /// for their turn are prefetched and no handler has been started with them; they go back when the subscription is paused
    /// or stopped. Each process has a limit of its own. Attempts that follow at once (<see cref="RetryOptions.ImmediateAttempts"/>) count
    /// as one start, messages that no handler gets as none. Default: <see langword="null"/>, as fast as it goes. All transports; refused
    /// for readers (<see cref="IMessageBus.ReadAsync{T}"/>), which take messages at their own pace.
    /// </summary>
    public RateLimit? RateLimit { get; set; }

    /// <summary>
    /// What happens to a message whose handler failed: each handler's own affair, also within one group. A reader
    /// (<see cref="IMessageBus.ReadAsync{T}"/>) decides by itself.
    /// </summary>
    public RetryOptions Retry { get; private set; } = new();

    /// <summary>
    /// How long a handler may run, a batch handler with all of its batch. Then its token is cancelled, and the attempt has failed with a
    /// <see cref="TimeoutException"/>; a handler that ignores it is left behind after another 5 s. Default: no limit, the lease
    /// is renewed for as long as it runs.
    /// </summary>
    public TimeSpan? HandlerTimeout { get; set; }

    /// <summary>Whether the consumer is paused: what the configuration says, not code.</summary>
    internal bool Paused { get; set; }

    internal IReadOnlyList<PauseRule> PauseRules { get; private set; } = [];

    /// <summary>
    /// Pauses the consumer when its handler has failed with an exception that often in a row: what every message fails with, such as a
    /// database that is down, then does not use up the attempts of them all. Default: nothing pauses it. All transports; several calls make
    /// several rules, each with a count of its own.
    /// </summary>
    /// <typeparam name="TException">
    /// The exception, or what it derives from. Inner exceptions do not count, as with <see cref="RetryOptions.DoNotRetry{TException}"/>:
    /// use <paramref name="when"/> for those of its own choice. Choose a type that tells of what the handler depends on, not of the
    /// message.
    /// </typeparam>
    /// <param name="after">
    /// After how many failures in a row, 1 to 10,000. A success of the handler ends the row; a failure with another exception leaves it as
    /// it is. A batch counts once, and so do attempts that follow at once (<see cref="RetryOptions.ImmediateAttempts"/>).
    /// <see cref="DeadLetterException"/> and what <see cref="RetryOptions.DoNotRetry{TException}"/> names never count.
    /// </param>
    /// <param name="pauseFor">For how long: above 0, one day at most.</param>
    /// <param name="when">
    /// Which of the exceptions; <see langword="null"/> for all. A condition that throws counts as not met, and is logged as an error.
    /// </param>
    /// <returns>These options.</returns>
    /// <remarks>
    /// <para>
    /// The pause is this consumer's in this process (all handlers of its group on the topic), as if
    /// <see cref="IMessageSubscription.PauseAsync"/> were called; each process counts by itself. After it one message is tried, a batch
    /// handler with a batch of one. When that succeeds the consumer continues, when it fails so it is paused again; anything else decides
    /// nothing, and the next message is tried. Other pauses hold beside this one.
    /// </para>
    /// <para>
    /// The failures before the one that pauses the consumer are attempts as ever. That one, those of handlers that are still running then,
    /// and those of messages that are tried spend none (<see cref="MessageContext.Attempt"/> does not rise), whatever <c>MaxAttempts</c>
    /// says. Queue and stream: their messages go back with what was fetched and not started, in the old order; one
    /// that was tried in vain waits in Redis for one second longer than the pause, so that another message is tried next. With a
    /// <see cref="KeyOrder"/> all of them stay in this process, their leases renewed, and so does what was fetched; with
    /// <see cref="KeyOrder.Strict"/> a key waits for its message that was tried. Pub/Sub: nothing can be given back, so they wait in this
    /// process, and what arrives gathers in the buffer, which drops as <see cref="PubSubOptions.FullMode"/> says once it is full. A request
    /// that is answered with its failure is not handled again, and counts.
    /// </para>
    /// <para>A message that always fails so, alone, is never dead-lettered; with <paramref name="after"/> 1 not even beside others. It is
    /// code's alone: a configuration can't name types.</para>
    /// </remarks>
    public ConsumerOptions PauseOn<TException>(int after, TimeSpan pauseFor, Func<TException, bool>? when = null)
        where TException : Exception
    {
        bool Matches(Exception error) => error is TException match && (when is null || when(match));
        PauseRules = [.. PauseRules, new PauseRule(typeof(TException), after, pauseFor, Matches)];
        return this;
    }

    internal ConsumerOptions Copy()
    {
        var copy = (ConsumerOptions)MemberwiseClone();
        copy.Retry = new RetryOptions();
        copy.Retry.CopyFrom(Retry);
        return copy;
    }
}
