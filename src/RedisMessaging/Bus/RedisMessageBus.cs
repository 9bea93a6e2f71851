using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RedisMessaging.Background;
using RedisMessaging.Bus;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Buses;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Configuration.Reload;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Publishing;
using RedisMessaging.Publishing.Batching;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Requests;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Topics.Families;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Topics.TransportChange;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging;

/// <summary>
/// The bus over Redis. From a container: inject <see cref="IMessageBus"/>. Without one:
/// <see cref="ConnectAsync(string, Action{RedisMessagingBuilder}, CancellationToken)"/>.
/// </summary>
public sealed class RedisMessageBus : IMessageBus, IAsyncDisposable, IDisposable
{
    private readonly string? _name;
    private readonly BusModel _model;
    private readonly RedisConnections _connections;
    private readonly Dictionary<TopicDefinition, TopicRuntime> _topics = [];
    private readonly IMessageSerializer _serializer;
    private readonly PublishFilters _publishFilters;
    private readonly SharedInstances<IDeadLetterObserver> _observers;
    private readonly Publisher _publisher;
    private readonly ReplyListener _replies;
    private readonly Requester _requester;
    private readonly TopicPauses _pausing;
    private readonly ConsumerHost _consumers;
    private readonly BusLifetime _lifetime;
    private readonly ConfigurationReload? _reload;
    private readonly Instruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ILoggerFactory _loggers;
    private readonly Lock _lock = new();
    private BackgroundPublisher? _background;
    private readonly OneTime _disposing = new();
    private volatile bool _disposed;

    internal RedisMessageBus(
        RedisMessagingBuilder builder,
        RedisMessagingOptions options,
        ConnectionSource source,
        IConfiguration? configuration,
        string application,
        IServiceProvider services,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        _name = builder.Bus;
        _time = time;
        _loggers = loggers;
        _logger = GuardedLogger.Create(loggers, _name);
        _instruments = new Instruments(_logger, _name);
        var serializer = _serializer = builder.BuildSerializer();
        _model = BusModel.Build(builder, options, configuration?.GetSection(BusSettings.Topics), application, serializer, _logger);
        builder.CheckClasses(services);

        // Short enough to read, long enough to tell the instances of an application apart.
        var instance = Guid.CreateVersion7(time.GetUtcNow()).ToString("N")[^12..];
        var clientName = $"{application}/{instance}".Replace(' ', '-');
        _connections = new RedisConnections(
            new ConnectionSettings
            {
                Source = source,
                BlockingConnectionOptions = builder.BlockingConnectionOptions,
                StartTimeout = options.StartTimeout,
                StartWithoutRedis = options.StartWithoutRedis,
                OnUnsafeServer = options.OnUnsafeServer,
                MaxMessageBytes = options.MaxMessageBytes,
                DurableTopics = [.. _model.Topics.Where(topic => topic.Capabilities.Durable).Select(topic => topic.Name)],
                LongestReplicationTimeout = _model.Topics.Max(topic => (TimeSpan?)topic.Options.ReplicationTimeout) ?? TimeSpan.Zero,
                ClientName = clientName,
            },
            time,
            _logger);
        foreach (var topic in _model.Topics)
        {
            var transport = CreateTransport(topic);
            _topics.Add(topic, new TopicRuntime(topic, transport, FrameFormat.Of(topic, serializer, time))
            {
                Batcher = new PublishBatcher(topic, transport, options.PublishTimeout, time, _logger, _instruments),
                Types = new PublishedTypes(topic, serializer),
            });
        }

        var limits = new PublishLimits(options.MaxMessageBytes);
        _publishFilters = new PublishFilters(builder.PublishFilters, services);
        _publisher = new Publisher(_publishFilters, limits, clientName, time, _instruments);
        _replies = new ReplyListener(_connections, options.KeyPrefix, instance, time, _logger, _instruments);
        _requester = new Requester(_publisher, _replies, serializer, time, _instruments);
        var replySender = new ReplySender(_connections, serializer, limits, clientName, time, _logger, _instruments);
        _pausing = new TopicPauses(options.KeyPrefix, _connections, _connections.Bells, time, _logger);
        _observers = new SharedInstances<IDeadLetterObserver>(builder.DeadLetterObservers, services);
        _consumers = new ConsumerHost(
            _model,
            _connections,
            serializer,
            builder.ConsumeFilters,
            services,
            _pausing,
            replySender,
            _observers,
            instance,
            time,
            _logger,
            _instruments);
        _lifetime = new BusLifetime(
            _model,
            _connections,
            _topics,
            _consumers,
            new TransportSwitch(_model, CreateTransport, _consumers, time, _logger),
            time,
            _logger)
        {
            Opening = MeetNeighbours,
        };
        if (configuration is not null)
        {
            var root = services.GetService(typeof(IConfiguration)) as IConfiguration;
            var settings = new BusSettingsReload(configuration, root, [.. builder.Topics.Select(topic => topic.Name)], _logger);
            _reload = new ConfigurationReload(configuration, settings, builder.Topics, _model.ConfiguredHandlers, _consumers, _logger);
        }
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
    public static async ValueTask<RedisMessageBus> ConnectAsync(
        string connection,
        Action<RedisMessagingBuilder> configure,
        ILoggerFactory loggers,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        ArgumentNullException.ThrowIfNull(loggers);
        var source = ConnectionSource.From(connection);
        var builder = new RedisMessagingBuilder();
        configure(builder);
        var bus = new RedisMessageBus(
            builder,
            builder.Options,
            source,
            null,
            ApplicationName.Of(builder.Options, null),
            EmptyServiceProvider.Instance,
            TimeProvider.System,
            loggers);
        try
        {
            await bus.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await bus.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return bus;
    }

    /// <inheritdoc/>
    public ValueTask<PublishResult> PublishAsync<T>(T message, CancellationToken cancellationToken = default)
    {
        var topic = Prepare(message);
        return _publisher.PublishAsync(topic, topic.Name, message, null, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PublishResult> PublishAsync<T>(T message, PublishOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var topic = Prepare(message);
        return _publisher.PublishAsync(topic, topic.Name, message, options, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PublishResult> PublishToAsync<T>(
        string topic,
        T message,
        PublishOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _publisher.PublishAsync(Resolve(topic, message), topic, message, options, cancellationToken);
    }

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
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_model.OnlyTopicOf(typeof(T)) is not { } topic)
        {
            // Each message's own type says where it belongs: looked at before any of them is sent.
            messages = [.. messages];
            topic = _model.TopicOf(
                typeof(T),
                messages.Where(outgoing => outgoing.Message is not null).Select(outgoing => RuntimeType.Of(outgoing.Message)));
        }

        return _publisher.PublishManyAsync(_topics[topic], topic.Name, messages, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(
        string topic,
        IEnumerable<T> messages,
        PublishOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var runtime = Resolve<T>(topic);
        if (options?.MessageId is not null || options?.Position is not null)
        {
            messages = [.. messages];
            if (messages.Skip(1).Any())
            {
                var (name, value) = options.MessageId is null
                    ? (nameof(options.Position), options.Position)
                    : (nameof(options.MessageId), options.MessageId);
                throw new ArgumentException(
                    $"One {name} ('{value}') can't be given to several messages. Give each its own: PublishManyAsync(topic, "
                    + $"IEnumerable<OutgoingMessage<T>>).",
                    nameof(options));
            }
        }

        return _publisher.PublishManyAsync(
            runtime,
            topic,
            messages.Select((message, i) => new OutgoingMessage<T>(message, Behind(options, i))),
            cancellationToken);
    }

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask<IReadOnlyList<PublishResult>> PublishManyAsync<T>(
        string topic,
        IEnumerable<OutgoingMessage<T>> messages,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return _publisher.PublishManyAsync(Resolve<T>(topic), topic, messages, cancellationToken);
    }

    /// <inheritdoc/>
    public bool TryPublish<T>(T message, PublishOptions? options = null)
    {
        var topic = Prepare(message);
        return Enqueue(topic, topic.Name, message, options);
    }

    /// <inheritdoc/>
    public bool TryPublishTo<T>(string topic, T message, PublishOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Enqueue(Resolve(topic, message), topic, message, options);
    }

    /// <inheritdoc/>
    public ValueTask<TReply> RequestAsync<TRequest, TReply>(
        TRequest request,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        options ??= new RequestOptions();
        var topic = options.Topic is { } named ? Resolve(named, request) : Prepare(request);
        return _requester.RequestAsync<TRequest, TReply>(topic, options.Topic ?? topic.Name, request, options, cancellationToken);
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
        ObjectDisposedException.ThrowIf(_disposed, this);
        return await OpenAsync(
            _model.DefineConsumer(topic, new DelegateHandlerBinding<T>(handler), typeof(T), options ?? new SubscribeOptions()),
            cancellationToken).ConfigureAwait(false);
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
        ObjectDisposedException.ThrowIf(_disposed, this);
        return await OpenAsync(
            _model.DefineConsumer(topic, new DelegateBatchHandlerBinding<T>(handler), typeof(T), options ?? new BatchSubscribeOptions()),
            cancellationToken).ConfigureAwait(false);
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
        ObjectDisposedException.ThrowIf(_disposed, this);
        // Here and not in the iterator: a mistake is told by the call, not by the first MoveNext.
        return ReadAsync<T>(_model.DefineConsumer(topic, null, typeof(T), options ?? new SubscribeOptions()), cancellationToken);
    }

    /// <inheritdoc/>
    public ITopic Topic(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var (definition, transport, format) = _topics[_model.Get(name)];
        var context = ContextOf(definition);
        if (transport is FamilyTransport family)
        {
            if (name == definition.Name)
            {
                return new FamilyTopic(definition, family, _pausing.StoreOf(definition));
            }

            (context, transport) = (ContextOf(definition, name), family.TransportOf(name));
        }

        var deadLetters = definition.Capabilities.DeadLetters ? new DeadLetterStore(context, transport, format) : null;
        var scheduled = transport.Schedule is { } schedule ? new ScheduledMessageStore(schedule, context.Keys, format, _connections) : null;
        var history = transport.History is { } source
            ? new HistoryReader(
                name,
                source,
                new MessageDecoder(definition, "", _serializer, _time),
                _connections.Patient,
                _connections.Stopping)
            : null;
        return new Topic(
            name,
            definition,
            deadLetters,
            scheduled,
            history,
            transport.Groups,
            transport.Trimming,
            transport.Subscribers,
            _pausing.StoreOf(definition));
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
    public ValueTask DisposeAsync() => new(WaitForEndAsync(_disposing.RunAsync(() => BackgroundLoop.Run(DisposeOnceAsync))));

    /// <summary>
    /// The same as <see cref="DisposeAsync"/>, blocking the thread for <c>ShutdownTimeout</c> at most: what is not closed by then is closed
    /// in the background. For containers that are disposed synchronously.
    /// </summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "VSTHRD002", Justification = "Blocking is what it is for.")]
    public void Dispose()
    {
        var disposing = DisposeAsync().AsTask();
        if (!disposing.Wait(_model.Options.ShutdownTimeout + BusClosing.LongestOverrun))
        {
            Log.DisposeLeftBehind(_logger, _model.Options.ShutdownTimeout.TotalSeconds);
            FireAndForget.Observe(disposing);
        }
    }

    /// <summary>The buses of the same container, which must not disturb each other.</summary>
    internal BusNeighbours? Neighbours { get; init; }

    /// <summary>How many requests wait for their replies.</summary>
    internal int WaitingRequests => _replies.Count;

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        (_loggers as DeferredLoggerFactory)?.Flush();
        await _lifetime.StartAsync(cancellationToken).ConfigureAwait(false);
        _reload?.Start();
    }

    /// <param name="hurry">Cancels running handlers before ShutdownTimeout is over.</param>
    internal Task StopAsync(CancellationToken hurry) => StopWaits.WaitAsync(_consumers.Handlers, _lifetime.StopAsync(hurry));

    private void MeetNeighbours()
    {
        if (Neighbours is not null && _connections.Place is { } place)
        {
            Neighbours.Enter(new BusNeighbour(_name, _model, place), _logger);
        }
    }

    private async Task WaitForEndAsync(Task disposing)
    {
        await StopWaits.WaitAsync(_consumers.Handlers, disposing).ConfigureAwait(false);
        // Where the caller is a handler the rest follows its end, but to him the bus is gone.
        EndCalls();
    }

    private async Task DisposeOnceAsync()
    {
        var closing = new BusClosing(_model.Options.ShutdownTimeout, _time, _logger);
        _reload?.Dispose();
        _consumers.Close();
        var stopping = closing.GuardAsync("the consumers", () => _lifetime.StopAsync(CancellationToken.None));
        // A handler that ends may still publish. From then on no call waits for Redis any more.
        await StopWaits.UntilIdleAsync(_consumers.Handlers, stopping).ConfigureAwait(false);
        if (_background is not null && _connections.IsConnected)
        {
            await closing.GuardAsync("the publish buffer", () => _background.StopAsync(closing.Left)).ConfigureAwait(false);
        }

        EndCalls();
        await closing.FinishAsync(CloseAsync(closing, stopping)).ConfigureAwait(false);
    }

    /// <summary>Calls that wait, and calls from now on, report that the bus is disposed.</summary>
    private void EndCalls()
    {
        _disposed = true;
        _connections.Stop();
        _replies.EndWaits();
        foreach (var topic in _topics.Values)
        {
            topic.Batcher.Close();
        }
    }

    private async Task CloseAsync(BusClosing closing, Task stopping)
    {
        await stopping.ConfigureAwait(false);
        await closing.GuardAsync("the replies", () => _replies.DisposeAsync().AsTask()).ConfigureAwait(false);
        if (_background is not null)
        {
            await closing.GuardAsync("the publish buffer", () => _background.StopAsync(TimeSpan.Zero)).ConfigureAwait(false);
        }

        await Task.WhenAll(
            _topics.Values.Select(
                topic => closing.GuardAsync($"topic '{topic.Name}'", () => topic.Transport.DisposeAsync().AsTask()))).ConfigureAwait(false);
        await closing.GuardAsync("the look-out for pauses", () => _pausing.DisposeAsync().AsTask()).ConfigureAwait(false);
        await closing.GuardAsync("the connections", () => _connections.DisposeAsync().AsTask()).ConfigureAwait(false);
        await closing.GuardAsync("the publish filters", () => _publishFilters.DisposeAsync().AsTask()).ConfigureAwait(false);
        await closing.GuardAsync("the observers of dead letters", () => _observers.DisposeAsync().AsTask()).ConfigureAwait(false);
        _instruments.Dispose();
    }

    private Task<MessageSubscription> OpenAsync(ConsumerDefinition consumer, CancellationToken cancellationToken) =>
        OpenPatientlyAsync(consumer, token => _consumers.OpenAsync(consumer, _topics[consumer.Topic].Transport, token), cancellationToken);

    private Task<T> OpenPatientlyAsync<T>(
        ConsumerDefinition consumer,
        Func<CancellationToken, Task<T>> open,
        CancellationToken cancellationToken)
        where T : IAsyncDisposable =>
        _consumers.OpenForCallerAsync(
            token => _connections.Patient.RunAsync($"Topic '{consumer.Address}', group '{consumer.Group}',", open, token),
            cancellationToken);

    private async IAsyncEnumerable<ReceivedMessage<T>> ReadAsync<T>(
        ConsumerDefinition consumer,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = await OpenPatientlyAsync(
            consumer,
            token => _consumers.OpenReaderAsync(consumer, _topics[consumer.Topic].Transport, token),
            cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            await foreach (var received in reader.ReadAsync<T>(cancellationToken).ConfigureAwait(false))
            {
                yield return received;
            }
        }
    }

    /// <summary>An expected version is the first message's; each one behind it expects what the one before it makes.</summary>
    private static PublishOptions? Behind(PublishOptions? options, int before) =>
        options?.ExpectedVersion is { } version ? options with { ExpectedVersion = version + before } : options;

    private bool Enqueue<T>(TopicRuntime topic, string address, T message, PublishOptions? options)
    {
        if (topic.Transport.Capabilities.Durable)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}' is on {topic.Definition.Kind}, which stores every message: TryPublish, which may drop some, is for "
                + $"Pub/Sub topics. Use PublishAsync.");
        }

        var background = Background();
        var type = topic.Types.Of(message);
        return _publisher.HasFilters
            ? background.TryAdd(
                topic,
                address,
                () => _publisher.EncodeAsync(topic, address, type, message, options, CancellationToken.None))
            : background.TryAdd(topic, address, _publisher.Encode(topic, address, type, message, options));
    }

    private TopicRuntime Prepare<T>(T message)
    {
        ArgumentNullException.ThrowIfNull(message);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _topics[_model.TopicOf(RuntimeType.Of(message))];
    }

    private TopicRuntime Resolve<T>(string topic, T message)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _topics[_model.Find(topic, RuntimeType.Of(message), forSubscribing: false)];
    }

    /// <summary>Of many messages, whose own types are not looked at yet.</summary>
    private TopicRuntime Resolve<T>(string topic)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _topics[_model.Find(topic, typeof(T), forSubscribing: false)];
    }

    private ITransport CreateTransport(TopicDefinition topic)
    {
        var context = ContextOf(topic);
        if (topic.HasMembers)
        {
            return new FamilyTransport(
                topic,
                name => _model.IsMember(topic, name),
                name => CreateTransport(topic, ContextOf(topic, name)),
                new FamilyRegistry(context, topic.Kind),
                _connections.Bells,
                _connections.Leases,
                _time,
                _logger,
                _instruments);
        }

        var transport = CreateTransport(topic, context);
        return topic.Pattern is { HasNamedParameters: true } ? new PatternTransport(transport, topic, _instruments) : transport;
    }

    private ITransport CreateTransport(TopicDefinition topic, TransportContext context)
    {
        var transport = topic.Factory.Create(context);
        return transport.Schedule is { } schedule
            ? new ScheduledTransport(
                transport,
                new ScheduleMover(context.Topic, transport, schedule, _connections.Bells, _time, _logger, _instruments))
            : transport;
    }

    private TransportContext ContextOf(TopicDefinition topic) =>
        new(
            topic.Name,
            _model.Options.KeyPrefix,
            TopicKeys.Of(_model.Options.KeyPrefix, topic),
            topic.Options,
            _connections,
            _time,
            _logger,
            _instruments)
    {
        RepeatsPublishes = _model.Options.PublishTimeout > TimeSpan.Zero ? _model.Options.RepeatsPublishes : false,
    };

    /// <summary>A member of a family has what an ordinary topic of its name would have.</summary>
    private TransportContext ContextOf(TopicDefinition family, string member) =>
        ContextOf(family) with { Topic = member, Keys = new TopicKeys(_model.Options.KeyPrefix, member) };

    private BackgroundPublisher Background()
    {
        lock (_lock)
        {
            return _background ??= new BackgroundPublisher(_model.Options.PublishBufferCapacity, _time, _logger, _instruments);
        }
    }
}
