using System.Runtime.CompilerServices;

namespace RedisMessaging;

/// <summary>Publishes and consumes messages over the transports that the topics are configured with.</summary>
public interface IMessageBus : IMessagePublisher
{
    /// <summary>
    /// Publishes a request and waits for its reply, which comes to this process over a stream of its own (<c>XADD</c>, <c>PEXPIRE</c>;
    /// <c>XREAD BLOCK</c> on one connection, opened by the first request), so that one written while this process is cut off is not lost.
    /// The request travels over its topic's transport: Pub/Sub reaches current subscribers, queue and
    /// stream any consumer within the timeout.
    /// </summary>
    /// <typeparam name="TRequest">The request: a message type that a topic carries.</typeparam>
    /// <typeparam name="TReply">The reply, as the <see cref="IRequestHandler{TRequest, TReply}"/> names it, too.</typeparam>
    /// <param name="request">The request.</param>
    /// <param name="options">Topic, timeout, key, headers; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait; a request that was published by then may be handled all the same.</param>
    /// <returns>The reply. Where several answer (Pub/Sub, several groups, a redelivery), the first one.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="request"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not between zero and one day.</exception>
    /// <exception cref="RequestTimeoutException">No reply came within <see cref="RequestOptions.Timeout"/>.</exception>
    /// <exception cref="RemoteRequestException">The handler failed: it has the remote exception's type and text.</exception>
    /// <exception cref="NoResponderException">The Pub/Sub channel has no subscriber.</exception>
    /// <exception cref="RequestException">The reply has another type, or can't be read.</exception>
    /// <exception cref="PublishException">The request was refused, or it is unknown whether it is stored, as with
    /// <see cref="IMessagePublisher.PublishAsync{T}(T, CancellationToken)"/>.</exception>
    /// <exception cref="RedisMessagingConfigurationException">No topic carries the request, several do, the serializer does not know the
    /// reply, or an ACL denies the reply stream: the text has the fix.</exception>
    ValueTask<TReply> RequestAsync<TRequest, TReply>(
        TRequest request,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Subscribes a handler. The subscription is live when the call returns: what is published from then on is not missed.
    /// Pub/Sub: <c>SUBSCRIBE</c> or, for a pattern, <c>PSUBSCRIBE</c>; queue: <c>BLMOVE</c> and the claim script; stream:
    /// <c>XREADGROUP</c>.
    /// </summary>
    /// <typeparam name="T">The message type. Other types that the topic carries are acked unhandled.</typeparam>
    /// <param name="topic">The topic, a pattern it was registered with, or a concrete channel of such a pattern.</param>
    /// <param name="handler">The handler: returning acks, throwing nacks.</param>
    /// <param name="options">Group, concurrency, prefetch; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call, not the subscription.</param>
    /// <returns>The subscription; disposing it stops it.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The topic is not registered, does not carry the type, or the options ask for
    /// what its transport cannot do.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis stayed away for <see cref="RedisMessagingOptions.StartTimeout"/>, for
    /// which it is waited for, or refuses something.</exception>
    [OverloadResolutionPriority(1)]
    ValueTask<IMessageSubscription> SubscribeAsync<T>(
        string topic,
        MessageHandler<T> handler,
        SubscribeOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SubscribeAsync{T}(string, MessageHandler{T}, SubscribeOptions?, CancellationToken)"/>
    ValueTask<IMessageSubscription> SubscribeAsync<T>(
        string topic,
        Func<T, MessageContext, CancellationToken, Task> handler,
        SubscribeOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>Subscribes a handler of batches: see <see cref="IBatchHandler{T}"/>.</summary>
    /// <inheritdoc cref="SubscribeAsync{T}(string, MessageHandler{T}, SubscribeOptions?, CancellationToken)"/>
    /// <param name="topic">The topic, a pattern it was registered with, or a concrete channel of such a pattern.</param>
    /// <param name="handler">The handler: returning acks what it did not settle, throwing fails it.</param>
    /// <param name="options">Batch size and wait, group, concurrency, prefetch; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call, not the subscription.</param>
    [OverloadResolutionPriority(1)]
    ValueTask<IMessageSubscription> SubscribeBatchAsync<T>(
        string topic,
        BatchHandler<T> handler,
        BatchSubscribeOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SubscribeBatchAsync{T}(string, BatchHandler{T}, BatchSubscribeOptions?, CancellationToken)"/>
    ValueTask<IMessageSubscription> SubscribeBatchAsync<T>(
        string topic,
        Func<IReadOnlyList<ReceivedMessage<T>>, CancellationToken, Task> handler,
        BatchSubscribeOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads messages as a sequence; the reader settles each (<see cref="ReceivedMessage{T}.AckAsync"/>). Live from the first
    /// <c>MoveNextAsync</c>.
    /// </summary>
    /// <typeparam name="T">The message type. Other types that the topic carries are acked unhandled.</typeparam>
    /// <param name="topic">The topic, a pattern it was registered with, or a concrete channel of such a pattern.</param>
    /// <param name="options">Group, prefetch; <see langword="null"/> for the defaults. What is for handlers is refused:
    /// <see cref="ConsumerOptions.Concurrency"/> above 1, <see cref="ConsumerOptions.HandlerTimeout"/>,
    /// <see cref="ConsumerOptions.Retry"/>.</param>
    /// <param name="cancellationToken">Ends the sequence with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// The messages. Leaving the loop gives what is unsettled back to Redis; moving on does not settle the previous item.
    /// </returns>
    /// <remarks>
    /// An item that was neither settled nor extended within the lease is delivered again, and its verbs return <see langword="false"/>.
    /// </remarks>
    /// <exception cref="RedisMessagingConfigurationException">The topic is not registered, does not carry the type, or the options ask for
    /// what its transport cannot do.</exception>
    /// <exception cref="RedisMessagingConnectionException">At the first <c>MoveNextAsync</c>: Redis stayed away for
    /// <see cref="RedisMessagingOptions.StartTimeout"/>, for which it is waited for, or refuses something. Later on it is waited
    /// for.</exception>
    IAsyncEnumerable<ReceivedMessage<T>> ReadAsync<T>(
        string topic,
        SubscribeOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>A topic for operators: its dead letters, schedule and pauses.</summary>
    /// <param name="name">The topic's name, as it was registered.</param>
    /// <returns>The topic.</returns>
    /// <exception cref="RedisMessagingConfigurationException">There is no such topic: the text lists those that there are.</exception>
    ITopic Topic(string name);
}
