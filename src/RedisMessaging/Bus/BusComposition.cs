using Microsoft.Extensions.Configuration;
using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Buses;
using RedisMessaging.Configuration.Reload;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Publishing;
using RedisMessaging.Publishing.Batching;
using RedisMessaging.Publishing.Outcomes;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Requests;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;
using RedisMessaging.Topics.TransportChange;

namespace RedisMessaging.Bus;

/// <summary>Builds the parts of a bus and connects them with each other. Nothing is opened yet.</summary>
internal sealed class BusComposition
{
    private readonly BusSetup _setup;
    private readonly string _clientName;

    /// <summary>Short enough to read, long enough to distinguish the instances of an application.</summary>
    private readonly string _instance;

    /// <exception cref="RedisMessagingConfigurationException">Something is set up wrong; the text names it and the fix.</exception>
    public BusComposition(BusSetup setup)
    {
        _setup = setup;
        var (builder, options) = (setup.Builder, setup.Options);
        var logger = GuardedLogger.Create(setup.Loggers, builder.Bus);
        Services = new BusServices(setup.Time, logger, new Instruments(logger, builder.Bus));
        var serializer = builder.BuildSerializer();
        var settings = setup.Configuration?.GetSection(BusSettings.Topics);
        Model = BusModel.Build(builder, options, settings, setup.Application, serializer, logger);
        builder.CheckClasses(setup.Services);

        _instance = Guid.CreateVersion7(setup.Time.GetUtcNow()).ToString("N")[^12..];
        _clientName = $"{setup.Application}/{_instance}".Replace(' ', '-');
        Connections = new RedisConnections(ConnectionSettings(), setup.Time, logger);
        Pauses = new TopicPauses(options.KeyPrefix, Connections, Connections.Bells, setup.Time, logger);
        Factory = new TopicFactory(Model, Connections, serializer, Pauses, Services);
        Topics = CreateTopics(serializer);

        var limits = new PublishLimits(options.MaxMessageBytes);
        var metrics = new PublishMetrics(Services.Instruments);
        PublishFilters = new PublishFilters(builder.PublishFilters, setup.Services);
        var encoder = new MessageEncoder(PublishFilters, limits, _clientName, setup.Time);
        Publisher = new Publisher(PublishFilters, encoder, metrics);
        ManyPublisher = new ManyPublisher(encoder, metrics);
        Buffer = new PublishBuffer(encoder, options.PublishBufferCapacity, Services);
        Replies = new ReplyListener(Connections, options.KeyPrefix, _instance, Services);
        Requester = new Requester(Publisher, Replies, serializer, setup.Time, Services.Instruments);
        Observers = new SharedInstances<IDeadLetterObserver>(builder.DeadLetterObservers, setup.Services);
        Consumers = CreateConsumers(serializer, limits);
        Lifetime = new BusLifetime(
            Model,
            Connections,
            Topics,
            Consumers,
            new TransportSwitch(Model, Factory.CreateTransport, Consumers, setup.Time, logger),
            Services)
        {
            Opening = MeetNeighbours,
        };
        Reload = CreateReload();
    }

    public BusServices Services { get; }

    public BusModel Model { get; }

    public RedisConnections Connections { get; }

    public IReadOnlyDictionary<TopicDefinition, TopicRuntime> Topics { get; }

    public TopicFactory Factory { get; }

    public TopicPauses Pauses { get; }

    public PublishFilters PublishFilters { get; }

    public Publisher Publisher { get; }

    public ManyPublisher ManyPublisher { get; }

    /// <summary>Where publishes that nothing awaits are kept until they are sent.</summary>
    public PublishBuffer Buffer { get; }

    public ReplyListener Replies { get; }

    public Requester Requester { get; }

    public SharedInstances<IDeadLetterObserver> Observers { get; }

    public ConsumerHost Consumers { get; }

    public BusLifetime Lifetime { get; }

    /// <summary>Watches the configuration, where there is one.</summary>
    public ConfigurationReload? Reload { get; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        (_setup.Loggers as DeferredLoggerFactory)?.Flush();
        await Lifetime.StartAsync(cancellationToken).ConfigureAwait(false);
        Reload?.Start();
    }

    private ConnectionSettings ConnectionSettings() => new()
    {
        Source = _setup.Source,
        BlockingConnectionOptions = _setup.Builder.BlockingConnectionOptions,
        StartTimeout = _setup.Options.StartTimeout,
        StartWithoutRedis = _setup.Options.StartWithoutRedis,
        OnUnsafeServer = _setup.Options.OnUnsafeServer,
        MaxMessageBytes = _setup.Options.MaxMessageBytes,
        DurableTopics = [.. Model.Topics.Where(topic => topic.Capabilities.Durable).Select(topic => topic.Name)],
        LongestReplicationTimeout = Model.Topics.Max(topic => (TimeSpan?)topic.Options.ReplicationTimeout) ?? TimeSpan.Zero,
        ClientName = _clientName,
    };

    private Dictionary<TopicDefinition, TopicRuntime> CreateTopics(IMessageSerializer serializer)
    {
        var topics = new Dictionary<TopicDefinition, TopicRuntime>();
        foreach (var topic in Model.Topics)
        {
            var transport = Factory.CreateTransport(topic);
            topics.Add(topic, new TopicRuntime(topic, transport, FrameFormat.Of(topic, serializer, Services.Time))
            {
                Batcher = new PublishBatcher(topic, transport, _setup.Options.PublishTimeout, Services),
                Types = new PublishedTypes(topic, serializer),
            });
        }

        return topics;
    }

    private ConsumerHost CreateConsumers(IMessageSerializer serializer, PublishLimits limits)
    {
        var replies = new ReplySender(Connections, serializer, limits, _clientName, Services);
        return new ConsumerHost(
            Model,
            new PumpOpener(Model, Connections, Pauses, Observers, _instance, Services),
            new ConsumerPipelines(serializer, _setup.Builder.ConsumeFilters, _setup.Services, replies, Services),
            Services);
    }

    private ConfigurationReload? CreateReload()
    {
        if (_setup.Configuration is not { } configuration)
        {
            return null;
        }

        var topics = _setup.Builder.Topics;
        var root = _setup.Services.GetService(typeof(IConfiguration)) as IConfiguration;
        var settings = new BusSettingsReload(configuration, root, [.. topics.Select(topic => topic.Name)], Services.Logger);
        return new ConfigurationReload(configuration, settings, topics, Model.ConfiguredHandlers, Consumers, Services.Logger);
    }

    private void MeetNeighbours()
    {
        if (_setup.Neighbours is not null && Connections.Place is { } place)
        {
            _setup.Neighbours.Enter(new BusNeighbour(_setup.Builder.Bus, Model, place), Services.Logger);
        }
    }
}
