using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging.Configuration.Buses;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Diagnostics;
using RedisMessaging.Publishing;
using RedisMessaging.Requests;
using RedisMessaging.Serialization;
using RedisMessaging.Serialization.Json;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging;

/// <summary>Says which topics there are, over which transports, and who handles them.</summary>
/// <remarks>
/// Mistakes are reported when they are made: every method throws a <see cref="RedisMessagingConfigurationException"/> that names the
/// topic, the value and the fix.
/// </remarks>
public sealed class RedisMessagingBuilder
{
    private readonly List<TopicRegistration> _topics = [];
    private readonly List<HandlerDefinition> _handlers = [];
    private readonly List<IClassSource<IPublishFilter>> _publishFilters = [];
    private readonly List<IClassSource<IConsumeFilter>> _consumeFilters = [];
    private readonly List<IClassSource<IDeadLetterObserver>> _deadLetterObservers = [];
    private readonly List<Action<ClassChecks>> _classChecks = [];
    private readonly List<JsonSerializerContext> _jsonContexts = [];
    private readonly GivenOptions _given;
    private JsonSerializerOptions? _jsonOptions;
    private IJsonTypeInfoResolver? _reflectionJson = JsonReflection.Default;
    private IMessageSerializer? _serializer;

    /// <param name="bus">The name of the bus; <see langword="null"/> for one without.</param>
    internal RedisMessagingBuilder(string? bus = null)
    {
        Bus = bus;
        _given = new GivenOptions(bus);
    }

    /// <inheritdoc cref="RedisMessagingOptions.KeyPrefix"/>
    public string KeyPrefix { get => Options.KeyPrefix; set => Options.KeyPrefix = Agree(value); }

    /// <inheritdoc cref="RedisMessagingOptions.Application"/>
    public string? Application { get => Options.Application; set => Options.Application = Agree(value); }

    /// <inheritdoc cref="RedisMessagingOptions.ShutdownTimeout"/>
    public TimeSpan ShutdownTimeout { get => Options.ShutdownTimeout; set => Options.ShutdownTimeout = Agree(value); }

    /// <inheritdoc cref="RedisMessagingOptions.StartTimeout"/>
    public TimeSpan StartTimeout { get => Options.StartTimeout; set => Options.StartTimeout = Agree(value); }

    /// <inheritdoc cref="RedisMessagingOptions.StartWithoutRedis"/>
    public bool StartWithoutRedis { get => Options.StartWithoutRedis; set => Options.StartWithoutRedis = Agree(value); }

    /// <inheritdoc cref="RedisMessagingOptions.OnTransportChange"/>
    public OnTransportChange OnTransportChange { get => Options.OnTransportChange; set => Options.OnTransportChange = Agree(value); }

    /// <inheritdoc cref="RedisMessagingOptions.OnUnsafeServer"/>
    public OnUnsafeServer OnUnsafeServer { get => Options.OnUnsafeServer; set => Options.OnUnsafeServer = Agree(value); }

    /// <inheritdoc cref="RedisMessagingOptions.MaxMessageBytes"/>
    public int MaxMessageBytes { get => Options.MaxMessageBytes; set => Options.MaxMessageBytes = Agree(value); }

    /// <inheritdoc cref="RedisMessagingOptions.PublishTimeout"/>
    public TimeSpan PublishTimeout { get => Options.PublishTimeout; set => Options.PublishTimeout = Agree(value); }

    /// <inheritdoc cref="RedisMessagingOptions.PublishBufferCapacity"/>
    public int PublishBufferCapacity { get => Options.PublishBufferCapacity; set => Options.PublishBufferCapacity = Agree(value); }

    /// <summary>
    /// What to open the bus's own connections with (blocking reads, subscriptions), where it was given an
    /// <see cref="IConnectionMultiplexer"/> whose configuration string does not say everything (certificates, tunnels, token providers).
    /// Default: that string.
    /// </summary>
    public ConfigurationOptions? BlockingConnectionOptions { get; set => field = Agree(value); }

    internal RedisMessagingOptions Options { get; } = new();

    /// <summary>The name of the bus.</summary>
    internal string? Bus { get; }

    /// <summary>The call that adds now; <see langword="null"/> without a container.</summary>
    internal CallPlace? Place { get; set; }

    /// <summary>What the container is built from.</summary>
    internal IServiceCollection? Services { get; set; }

    internal IReadOnlyList<TopicRegistration> Topics => _topics;

    internal IReadOnlyList<HandlerDefinition> Handlers => _handlers;

    internal IReadOnlyList<IClassSource<IPublishFilter>> PublishFilters => _publishFilters;

    internal IReadOnlyList<IClassSource<IConsumeFilter>> ConsumeFilters => _consumeFilters;

    internal IReadOnlyList<IClassSource<IDeadLetterObserver>> DeadLetterObservers => _deadLetterObservers;

    /// <summary>Adds a topic that carries one message type, the transport as a value.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="name">The topic's name: letters, digits and <c>. _ - : /</c>. <c>*</c> and <c>{parameter}</c> make it a family of
    /// topics (<c>logs:*</c>, <c>notifications:{userId}</c>).</param>
    /// <param name="transport">The transport.</param>
    /// <param name="configure">Sets what all transports share; it may be cast to the transport's own options.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The name or an option is not allowed; the text says which and what
    /// is.</exception>
    public RedisMessagingBuilder AddTopic<T>(string name, TransportKind transport, Action<TopicOptions>? configure = null)
    {
        var options = TransportCatalog.Get(transport).CreateOptions();
        configure?.Invoke(options);
        return AddTopic<T>(name, transport, options);
    }

    /// <summary>Adds a topic that carries the message types named with <c>Carries</c>, the transport as a value.</summary>
    /// <inheritdoc cref="AddTopic{T}(string, TransportKind, Action{TopicOptions}?)"/>
    public RedisMessagingBuilder AddTopic(string name, TransportKind transport, Action<TopicOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = TransportCatalog.Get(transport).CreateOptions();
        configure(options);
        return AddTopic(name, transport, options);
    }

    /// <summary>Adds a handler class. It is taken from a DI scope of its own for each message; it need not be registered there.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <typeparam name="THandler">The handler class.</typeparam>
    /// <param name="configure">Sets topic, group, concurrency, prefetch.</param>
    /// <returns>This builder.</returns>
    public RedisMessagingBuilder AddHandler<T, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        Action<HandlerOptions>? configure = null)
        where THandler : class, IMessageHandler<T> =>
        AddHandler(new ClassHandlerBinding<T, THandler>(), configure);

    /// <summary>Adds a handler as a delegate.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="handler">The handler: returning acks, throwing nacks.</param>
    /// <param name="configure">Sets topic, group, concurrency, prefetch.</param>
    /// <returns>This builder.</returns>
    [OverloadResolutionPriority(1)]
    public RedisMessagingBuilder AddHandler<T>(MessageHandler<T> handler, Action<HandlerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return AddHandler(new DelegateHandlerBinding<T>(handler), configure);
    }

    /// <inheritdoc cref="AddHandler{T}(MessageHandler{T}, Action{HandlerOptions}?)"/>
    public RedisMessagingBuilder AddHandler<T>(
        Func<T, MessageContext, CancellationToken, Task> handler,
        Action<HandlerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return AddHandler<T>((message, context, token) => new ValueTask(handler(message, context, token)), configure);
    }

    /// <summary>
    /// Adds a batch handler class. It is taken from a DI scope of its own for each batch; it need not be registered there.
    /// </summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <typeparam name="THandler">The handler class.</typeparam>
    /// <param name="configure">Sets batch size and wait, topic, group, concurrency, prefetch.</param>
    /// <returns>This builder.</returns>
    public RedisMessagingBuilder AddBatchHandler<T, [DynamicallyAccessedMembers(
        DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        Action<BatchHandlerOptions>? configure = null)
        where THandler : class, IBatchHandler<T> =>
        AddHandler(new ClassBatchHandlerBinding<T, THandler>(), configure);

    /// <summary>Adds a batch handler as a delegate: see <see cref="IBatchHandler{T}"/>.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="handler">The handler: returning acks what it did not settle, throwing fails it.</param>
    /// <param name="configure">Sets batch size and wait, topic, group, concurrency, prefetch.</param>
    /// <returns>This builder.</returns>
    [OverloadResolutionPriority(1)]
    public RedisMessagingBuilder AddBatchHandler<T>(BatchHandler<T> handler, Action<BatchHandlerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return AddHandler(new DelegateBatchHandlerBinding<T>(handler), configure);
    }

    /// <inheritdoc cref="AddBatchHandler{T}(BatchHandler{T}, Action{BatchHandlerOptions}?)"/>
    public RedisMessagingBuilder AddBatchHandler<T>(
        Func<IReadOnlyList<ReceivedMessage<T>>, CancellationToken, Task> handler,
        Action<BatchHandlerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return AddBatchHandler<T>((batch, token) => new ValueTask(handler(batch, token)), configure);
    }

    /// <summary>
    /// Adds a request handler class: what it returns or throws is the reply. It is taken from a DI scope of its own for each request; it
    /// need not be registered there.
    /// </summary>
    /// <typeparam name="TRequest">The request: a message type that a topic carries.</typeparam>
    /// <typeparam name="TReply">The reply; no topic has to carry it.</typeparam>
    /// <typeparam name="THandler">The handler class.</typeparam>
    /// <param name="configure">Sets topic, group, concurrency, prefetch.</param>
    /// <returns>This builder.</returns>
    public RedisMessagingBuilder AddRequestHandler<TRequest, TReply, [DynamicallyAccessedMembers(
        DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        Action<HandlerOptions>? configure = null)
        where THandler : class, IRequestHandler<TRequest, TReply> =>
        AddHandler(new ClassRequestBinding<TRequest, TReply, THandler>(), configure);

    /// <summary>Adds a request handler as a delegate.</summary>
    /// <typeparam name="TRequest">The request: a message type that a topic carries.</typeparam>
    /// <typeparam name="TReply">The reply; no topic has to carry it.</typeparam>
    /// <param name="handler">The handler: what it returns or throws is the reply.</param>
    /// <param name="configure">Sets topic, group, concurrency, prefetch.</param>
    /// <returns>This builder.</returns>
    [OverloadResolutionPriority(1)]
    public RedisMessagingBuilder AddRequestHandler<TRequest, TReply>(
        RequestHandler<TRequest, TReply> handler,
        Action<HandlerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return AddHandler(new DelegateRequestBinding<TRequest, TReply>(handler), configure);
    }

    /// <inheritdoc cref="AddRequestHandler{TRequest, TReply}(RequestHandler{TRequest, TReply}, Action{HandlerOptions}?)"/>
    public RedisMessagingBuilder AddRequestHandler<TRequest, TReply>(
        Func<TRequest, MessageContext, CancellationToken, Task<TReply>> handler,
        Action<HandlerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return AddRequestHandler<TRequest, TReply>(
            (request, context, token) => new ValueTask<TReply>(handler(request, context, token)),
            configure);
    }

    /// <summary>
    /// Adds a filter around every publish. Filters run in the order they were added. One instance is taken from the container, or made, and
    /// serves all.
    /// </summary>
    /// <typeparam name="TFilter">The filter class.</typeparam>
    /// <returns>This builder.</returns>
    public RedisMessagingBuilder AddPublishFilter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>()
        where TFilter : class, IPublishFilter
    {
        _publishFilters.Add(new ClassSource<TFilter>());
        _classChecks.Add(static checks => checks.Require($"Publish filter '{TypeName.Of(typeof(TFilter))}'", typeof(TFilter)));
        return this;
    }

    /// <summary>Adds a filter around every publish. Filters run in the order they were added.</summary>
    /// <param name="filter">The filter, called from many threads at once.</param>
    /// <returns>This builder.</returns>
    public RedisMessagingBuilder AddPublishFilter(IPublishFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        _publishFilters.Add(new InstanceSource<IPublishFilter>(filter));
        return this;
    }

    /// <summary>
    /// Adds a filter around every handler. Filters run in the order they were added. Taken from the message's DI scope, or made with it.
    /// </summary>
    /// <typeparam name="TFilter">The filter class.</typeparam>
    /// <returns>This builder.</returns>
    public RedisMessagingBuilder AddConsumeFilter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>()
        where TFilter : class, IConsumeFilter
    {
        _consumeFilters.Add(new ClassSource<TFilter>());
        _classChecks.Add(static checks => checks.Require($"Consume filter '{TypeName.Of(typeof(TFilter))}'", typeof(TFilter)));
        return this;
    }

    /// <summary>Adds a filter around every handler. Filters run in the order they were added.</summary>
    /// <param name="filter">The filter, called from many threads at once.</param>
    /// <returns>This builder.</returns>
    public RedisMessagingBuilder AddConsumeFilter(IConsumeFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        _consumeFilters.Add(new InstanceSource<IConsumeFilter>(filter));
        return this;
    }

    /// <summary>
    /// Adds an observer of what consumers of this process give up, on all topics. One instance is taken from the container, or made, when
    /// the first message is given up, and serves all.
    /// </summary>
    /// <typeparam name="TObserver">The observer class.</typeparam>
    /// <returns>This builder.</returns>
    public RedisMessagingBuilder AddDeadLetterObserver<[DynamicallyAccessedMembers(
        DynamicallyAccessedMemberTypes.PublicConstructors)] TObserver>()
        where TObserver : class, IDeadLetterObserver
    {
        _deadLetterObservers.Add(new ClassSource<TObserver>());
        _classChecks.Add(static checks => checks.Require($"Dead letter observer '{TypeName.Of(typeof(TObserver))}'", typeof(TObserver)));
        return this;
    }

    /// <summary>Adds an observer of what consumers of this process give up, on all topics.</summary>
    /// <param name="observer">The observer: called by several consumers at once.</param>
    /// <returns>This builder.</returns>
    public RedisMessagingBuilder AddDeadLetterObserver(IDeadLetterObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        _deadLetterObservers.Add(new InstanceSource<IDeadLetterObserver>(observer));
        return this;
    }

    /// <summary>
    /// Reads and writes bodies as JSON with source-generated contexts: camelCase, unescaped non-ASCII text, duplicate properties refused,
    /// except where a context's attribute says otherwise. Without a call, and for types that no context knows, reflection provides the
    /// metadata, with the same settings.
    /// </summary>
    /// <remarks>
    /// Trimmed and AOT-compiled programs have no JSON by reflection (<see cref="JsonSerializer.IsReflectionEnabledByDefault"/> is
    /// <see langword="false"/>): there the start fails for a message type that no context knows. Strings, numbers, other primitives and
    /// <c>byte[]</c> (its bytes are the body) never need a context.
    /// </remarks>
    /// <param name="contexts">The contexts, each with <c>[JsonSerializable(typeof(…))]</c> for its message types. The first one that
    /// knows a type serves it.</param>
    /// <returns>This builder.</returns>
    public RedisMessagingBuilder UseJson(params JsonSerializerContext[] contexts)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        // Modules that share message types may each name their context.
        _jsonContexts.AddRange(contexts.Except(_jsonContexts));
        return this;
    }

    /// <summary>
    /// Reads and writes bodies as JSON with options of your own. Their <c>TypeInfoResolver</c> is asked first, then the contexts given
    /// beside them, then reflection where <see cref="JsonSerializer.IsReflectionEnabledByDefault"/> is <see langword="true"/>. A
    /// <see cref="DefaultJsonTypeInfoResolver"/> in the options is asked after the contexts.
    /// </summary>
    /// <param name="options">The options; copied.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="RedisMessagingConfigurationException">It was called with options before.</exception>
    public RedisMessagingBuilder UseJson(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (_jsonOptions is not null)
        {
            throw new RedisMessagingConfigurationException(
                "UseJson was given options twice, and bodies are written with one of them. Call it once with options; contexts may be "
                + "added beside them.");
        }

        _jsonOptions = new JsonSerializerOptions(options);
        return this;
    }

    /// <summary>
    /// Uses reflection for types that no JSON context knows, also where <see cref="JsonSerializer.IsReflectionEnabledByDefault"/> is
    /// <see langword="false"/>. Elsewhere that is the default. Not for trimmed or AOT-compiled programs.
    /// </summary>
    /// <returns>This builder.</returns>
    [RequiresUnreferencedCode("JSON by reflection needs types that trimming may remove: use UseJson with a source-generated context.")]
    [RequiresDynamicCode("JSON by reflection needs code generation at run time: use UseJson with a source-generated context.")]
    public RedisMessagingBuilder UseReflectionJson()
    {
        _reflectionJson = new DefaultJsonTypeInfoResolver();
        return this;
    }

    /// <summary>Reads and writes bodies with a serializer of your own.</summary>
    /// <param name="serializer">The serializer, called from many threads at once.</param>
    /// <returns>This builder.</returns>
    public RedisMessagingBuilder UseSerializer(IMessageSerializer serializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        if (_serializer is not null)
        {
            throw new RedisMessagingConfigurationException(
                "UseSerializer was called twice, and bodies are written with one serializer. Call it once.");
        }

        _serializer = serializer;
        return this;
    }

    internal RedisMessagingBuilder AddTopic<T>(string name, TransportKind transport, TopicOptions options)
    {
        options.AddMessageType(MessageType.Of<T>(null, []));
        return AddTopic(name, transport, options);
    }

    internal RedisMessagingBuilder AddTopic(string name, TransportKind transport, TopicOptions options)
    {
        TopicName.Validate(name);
        if (options.GetMessageTypes().Count == 0)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{name}' carries no message type. Add Carries<T>() or use Add{transport}<T>.");
        }

        if (_topics.Find(topic => string.Equals(topic.Name, name, StringComparison.OrdinalIgnoreCase)) is { } taken)
        {
            RequireSame(taken, new TopicRegistration(name, transport, options) { Place = Place });
            return this;
        }

        if (TopicName.IsPattern(name)
            && _topics.Find(topic => TopicName.IsPattern(topic.Name)
            && string.Equals(
                TopicPattern.Parse(topic.Name).Glob,
                TopicPattern.Parse(name).Glob,
                StringComparison.OrdinalIgnoreCase)) is { } same)
        {
            throw new RedisMessagingConfigurationException(
                $"Topics '{same.Name}' and '{name}' stand for the same names. Make one of them, with Carries for the message types of "
                + $"both, or give one other names.{DescribePlaces(same)}");
        }

        TopicSettings.Validate(name, TransportCatalog.Get(transport), options);
        _topics.Add(new TopicRegistration(name, transport, options) { Place = Place });
        return this;
    }

    /// <summary>Refuses handler and filter classes that a container can't make.</summary>
    internal void CheckClasses(IServiceProvider services)
    {
        var checks = new ClassChecks(new ServiceKnowledge(services, Services));
        _handlers.ForEach(handler => handler.Binding.Check(checks));
        _classChecks.ForEach(check => check(checks));
    }

    internal IMessageSerializer BuildSerializer() => _serializer ?? new JsonMessageSerializer(_jsonOptions, _jsonContexts, _reflectionJson);

    private T Agree<T>(T value, [CallerMemberName] string option = "") => _given.Agree(value, option, Place);

    /// <summary>Modules may add the same topic, in calls of their own.</summary>
    private void RequireSame(TopicRegistration taken, TopicRegistration added)
    {
        if (taken.Name == added.Name && taken.Place != added.Place)
        {
            TopicAgreement.Require(Bus, taken, added);
            return;
        }

        throw new RedisMessagingConfigurationException(
            (taken.Name == added.Name
                ? $"Topic '{taken.Name}' was added twice."
                : $"Topics '{taken.Name}' and '{added.Name}' differ only by case. Give one of them another name.")
            + DescribePlaces(taken));
    }

    private string DescribePlaces(TopicRegistration taken) =>
        taken.Place == Place ? "" : $" They were added {CallPlace.Describe(taken.Place, Place)}.";

    private RedisMessagingBuilder AddHandler<TOptions>(HandlerBinding binding, Action<TOptions>? configure)
        where TOptions : HandlerOptions, new()
    {
        var options = new TOptions();
        configure?.Invoke(options);
        _handlers.Add(new HandlerDefinition(binding, options) { Place = Place });
        return this;
    }
}
