using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RedisMessaging.Bus;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Publishing;

namespace RedisMessaging;

/// <summary>
/// The bus over Redis. From a container: inject <see cref="IMessageBus"/>. Without one:
/// <see cref="ConnectAsync(string, Action{RedisMessagingBuilder}, CancellationToken)"/>.
/// </summary>
public sealed class RedisMessageBus : IMessageBus, IAsyncDisposable, IDisposable
{
    private readonly BusComposition _parts;
    private readonly TopicRoutes _routes;
    private readonly ConsumerOpener _opener;
    private readonly BusShutdown _shutdown;

    internal RedisMessageBus(BusSetup setup)
    {
        _parts = new BusComposition(setup);
        _routes = new TopicRoutes(_parts.Model, _parts.Connections, _parts.Topics);
        _opener = new ConsumerOpener(_parts.Consumers, _parts.Connections, _parts.Topics);
        _shutdown = new BusShutdown(_parts);
    }

    /// <summary>
    /// Connects without a host or a container, and starts the handlers that were added. A handler class whose constructor needs something
    /// is refused then.
    /// </summary>
    /// <param name="connection">A connection string as StackExchange.Redis reads it (<c>localhost:6379,password=…</c>), or a URL
    /// (<c>redis://user:password@localhost:6379/0</c>, <c>rediss://</c> for TLS).</param>
    /// <param name="configure">Adds topics and handlers.</param>
    /// <param name="cancellationToken">Cancels connecting.</param>
    /// <returns>The bus. Disposing it stops its subscriptions and closes its connections.</returns>
    /// <exception cref="RedisMessagingConfigurationException">Something is set up wrong; the text names it and the fix.</exception>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be reached within <c>StartTimeout</c>.</exception>
    public static ValueTask<RedisMessageBus> ConnectAsync(
        string connection,
        Action<RedisMessagingBuilder> configure,
        CancellationToken cancellationToken = default) =>
        ConnectAsync(connection, configure, NullLoggerFactory.Instance, cancellationToken);

    /// <inheritdoc cref="ConnectAsync(string, Action{RedisMessagingBuilder}, CancellationToken)"/>
    /// <param name="connection">A connection string as StackExchange.Redis reads it (<c>localhost:6379,password=…</c>), or a URL
    /// (<c>redis://user:password@localhost:6379/0</c>, <c>rediss://</c> for TLS).</param>
    /// <param name="configure">Adds topics and handlers.</param>
    /// <param name="loggers">Where log messages go.</param>
    /// <param name="cancellationToken">Cancels connecting.</param>
    public static ValueTask<RedisMessageBus> ConnectAsync(
        string connection,
        Action<RedisMessagingBuilder> configure,
        ILoggerFactory loggers,
        CancellationToken cancellationToken = default) =>
        BusConnector.ConnectAsync(connection, configure, loggers, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PublishResult> PublishAsync<T>(T message, CancellationToken cancellationToken = default)
    {
        var topic = _routes.Of(message);
        return _parts.Publisher.PublishAsync(topic, topic.Name, message, null, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PublishResult> PublishAsync<T>(T message, PublishOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var topic = _routes.Of(message);
        return _parts.Publisher.PublishAsync(topic, topic.Name, message, options, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PublishResult> PublishToAsync<T>(
        string topic,
        T message,
        PublishOptions? options = null,
        CancellationToken cancellationToken = default) =>
        _parts.Publisher.PublishAsync(_routes.Of(topic, message), topic, message, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(
        IEnumerable<T> messages,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return PublishManyAsync(messages.Select(message => new OutgoingMessage<T>(message)), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(
        IEnumerable<OutgoingMessage<T>> messages,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var topic = _routes.OfMany(ref messages);
        return _parts.ManyPublisher.PublishManyAsync(topic, topic.Name, messages, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(
        string topic,
        IEnumerable<T> messages,
        PublishOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var runtime = _routes.Of<T>(topic);
        return _parts.ManyPublisher.PublishManyAsync(runtime, topic, SharedOptions.Apply(messages, options), cancellationToken);
    }

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(
        string topic,
        IEnumerable<OutgoingMessage<T>> messages,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return _parts.ManyPublisher.PublishManyAsync(_routes.Of<T>(topic), topic, messages, cancellationToken);
    }

    /// <inheritdoc/>
    public bool TryPublish<T>(T message, PublishOptions? options = null)
    {
        var topic = _routes.Of(message);
        return _parts.Buffer.TryAdd(topic, topic.Name, message, options);
    }

    /// <inheritdoc/>
    public bool TryPublishTo<T>(string topic, T message, PublishOptions? options = null) =>
        _parts.Buffer.TryAdd(_routes.Of(topic, message), topic, message, options);

    /// <inheritdoc/>
    public ValueTask<TReply> RequestAsync<TRequest, TReply>(
        TRequest request,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        options ??= new RequestOptions();
        var topic = options.Topic is { } named ? _routes.Of(named, request) : _routes.Of(request);
        return _parts.Requester.RequestAsync<TRequest, TReply>(topic, options.Topic ?? topic.Name, request, options, cancellationToken);
    }

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public async ValueTask<IMessageSubscription> SubscribeAsync<T>(
        string topic,
        MessageHandler<T> handler,
        SubscribeOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _parts.Connections.ThrowIfStopping();
        options ??= new SubscribeOptions();
        var consumer = _parts.Model.DefineConsumer(topic, new DelegateHandlerBinding<T>(handler), typeof(T), options);
        return await _opener.OpenAsync(consumer, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<IMessageSubscription> SubscribeAsync<T>(
        string topic,
        Func<T, MessageContext, CancellationToken, Task> handler,
        SubscribeOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return SubscribeAsync<T>(
            topic,
            (message, context, token) => new ValueTask(handler(message, context, token)),
            options,
            cancellationToken);
    }

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public async ValueTask<IMessageSubscription> SubscribeBatchAsync<T>(
        string topic,
        BatchHandler<T> handler,
        BatchSubscribeOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _parts.Connections.ThrowIfStopping();
        options ??= new BatchSubscribeOptions();
        var consumer = _parts.Model.DefineConsumer(topic, new DelegateBatchHandlerBinding<T>(handler), typeof(T), options);
        return await _opener.OpenAsync(consumer, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<IMessageSubscription> SubscribeBatchAsync<T>(
        string topic,
        Func<IReadOnlyList<ReceivedMessage<T>>, CancellationToken, Task> handler,
        BatchSubscribeOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return SubscribeBatchAsync<T>(topic, (batch, token) => new ValueTask(handler(batch, token)), options, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ReceivedMessage<T>> ReadAsync<T>(
        string topic,
        SubscribeOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        _parts.Connections.ThrowIfStopping();
        // Here and not in the iterator: the call reports a mistake, not the first MoveNext.
        return _opener.ReadAsync<T>(
            _parts.Model.DefineConsumer(topic, null, typeof(T), options ?? new SubscribeOptions()),
            cancellationToken);
    }

    /// <inheritdoc/>
    public ITopic Topic(string name)
    {
        _parts.Connections.ThrowIfStopping();
        return _parts.Factory.Topic(_parts.Topics, name);
    }

    /// <summary>
    /// Stops the subscriptions, as <see cref="IMessageSubscription"/> describes it, sends what <see cref="TryPublish{T}"/> still buffers,
    /// and closes the connections. All of it ends within <c>ShutdownTimeout</c>, whether Redis is there or not. Calls that wait for Redis,
    /// and those made afterwards, end in an <see cref="ObjectDisposedException"/>.
    /// </summary>
    /// <returns>
    /// A task that ends when everything is stopped; for all who call it, also at the same time. Inside a handler it ends when all other
    /// handlers have: the connections are closed once that handler has ended, and what became of its message is settled.
    /// </returns>
    public ValueTask DisposeAsync() => new(_shutdown.RunAsync());

    /// <summary>
    /// The same as <see cref="DisposeAsync"/>, blocking the thread for <c>ShutdownTimeout</c> at most: what is not closed by then is closed
    /// in the background. For containers that are disposed synchronously.
    /// </summary>
    public void Dispose() => _shutdown.RunBlocking();

    /// <summary>How many requests wait for their replies.</summary>
    internal int WaitingRequests => _parts.Replies.Count;

    internal Task StartAsync(CancellationToken cancellationToken) => _parts.StartAsync(cancellationToken);

    /// <param name="hurry">Cancels running handlers before ShutdownTimeout is over.</param>
    internal Task StopAsync(CancellationToken hurry) => StopWaits.WaitAsync(_parts.Consumers.Handlers, _parts.Lifetime.StopAsync(hurry));
}
