using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RedisMessaging.Bus;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Configuration.Buses;

/// <summary>A bus of a container: what all modules have added to it, and how it connects.</summary>
/// <param name="name">Its name; <see langword="null"/> for the one without.</param>
/// <param name="registry">All buses of the container.</param>
internal sealed class BusRegistration(string? name, BusRegistry registry)
{
    private readonly List<CallPlace> _places = [];
    private BusConnection? _connection;
    private CallPlace? _connectedBy;

    public string? Name { get; } = name;

    public string OptionsName => Name ?? Options.DefaultName;

    public RedisMessagingBuilder Builder { get; } = new(name);

    /// <summary>Adds what one call says.</summary>
    /// <param name="place">The call.</param>
    /// <param name="connection">How the bus connects, if the call says so.</param>
    /// <param name="configure">Adds topics and handlers. Run now, so that the call throws where it is at fault.</param>
    /// <exception cref="RedisMessagingConfigurationException">It is at fault, or disagrees with what was said before.</exception>
    public void Add(CallPlace place, BusConnection? connection, Action<RedisMessagingBuilder> configure)
    {
        if (_connection is not null && connection is not null && !_connection.Is(connection))
        {
            throw Disagree(_connection, connection, place);
        }

        Builder.Place = place;
        configure(Builder);
        Builder.Options.Validate();
        _places.Add(place);
        if (connection is not null && _connection is null)
        {
            (_connection, _connectedBy) = (connection, place);
        }
    }

    /// <summary>Writes the settings of the bus, as code and configuration have them.</summary>
    public void ReadOptions(RedisMessagingOptions options)
    {
        Builder.Options.CopyTo(options);
        if (_connection?.Configuration is { } configuration)
        {
            BusSettings.Read(configuration, options);
        }
    }

    /// <summary>The bus of a container that was built.</summary>
    public RedisMessageBus Get(IServiceProvider provider) =>
        Name is null ? provider.GetRequiredService<RedisMessageBus>() : provider.GetRequiredKeyedService<RedisMessageBus>(Name);

    /// <exception cref="RedisMessagingConfigurationException">
    /// Something is set up wrong; the text names the bus, if it has a name.
    /// </exception>
    public RedisMessageBus Make(IServiceProvider provider)
    {
        var loggers = Name is null
            ? provider.GetRequiredService<DeferredLoggerFactory>()
            : provider.GetRequiredKeyedService<DeferredLoggerFactory>(Name);
        try
        {
            return BusFactory.Make(Builder, loggers, () => Make(provider, loggers));
        }
        catch (RedisMessagingConfigurationException error) when (Name is not null)
        {
            throw new RedisMessagingConfigurationException($"Bus '{Name}': {error.Message}", error);
        }
    }

    private RedisMessageBus Make(IServiceProvider provider, DeferredLoggerFactory loggers)
    {
        var connection = _connection ?? throw NotConnected();
        var settings = Name is null
            ? provider.GetRequiredService<IOptions<RedisMessagingOptions>>().Value
            : provider.GetRequiredService<IOptionsMonitor<RedisMessagingOptions>>().Get(OptionsName);
        var logger = GuardedLogger.Create(loggers, Name);
        if (connection.Configuration is { } configuration)
        {
            var others = registry.Buses.Select(bus => bus._connection?.SectionPath).OfType<string>().ToList();
            string[] topics = [.. Builder.Topics.Select(topic => topic.Name)];
            BusSection.Check(configuration, provider.GetService<IConfiguration>(), topics, others, logger);
        }

        return new RedisMessageBus(new BusSetup
        {
            Builder = Builder,
            Options = settings,
            Source = connection.Resolve(provider, Name, logger),
            Configuration = connection.Configuration,
            Application = ApplicationName.Of(settings, provider.GetService<IHostEnvironment>()?.ApplicationName),
            Services = provider,
            Time = BusClock.Of(provider),
            Loggers = loggers,
            Neighbours = provider.GetRequiredService<BusNeighbours>(),
        });
    }

    private RedisMessagingConfigurationException Disagree(BusConnection before, BusConnection now, CallPlace place)
    {
        var unseen = before.Description == now.Description ? " They differ in what is not shown here, such as a password." : "";
        return new RedisMessagingConfigurationException(
            $"AddRedisMessaging was called twice for {BusName.Describe(Name)}, with two connections: "
            + $"{before.Description} ({_connectedBy}) and {now.Description} ({place}).{unseen} "
            + $"Give the connection once, and add to the same bus with {BusName.DescribeCall(Name, "AddRedisMessagingTopics")}…). "
            + "For a second bus, give it a name: AddRedisMessaging(\"name\", connection, …).");
    }

    /// <summary>Modules have added to a bus that the application does not have.</summary>
    private RedisMessagingConfigurationException NotConnected()
    {
        var connected = registry.Buses.Where(bus => bus._connection is not null).ToList();
        var places = _places.Select(place => $"{place}").Distinct();
        return new RedisMessagingConfigurationException(
            $"Topics and handlers were added to {BusName.Describe(Name)} ({string.Join(", ", places)}), but nothing says how it connects. "
            + $"Call {BusName.DescribeCall(Name, "AddRedisMessaging")}connection, …).{DescribeOthers(connected)}");
    }

    private string DescribeOthers(List<BusRegistration> connected)
    {
        if (Name is not null && Spelling.NearestName(Name, connected.Select(bus => bus.Name).OfType<string>()) is { } similar)
        {
            return $" Or did you mean the bus '{similar}'?";
        }

        if (Name is not null && connected.Exists(bus => bus.Name is null && bus._connection!.Description == $"'{Name}'"))
        {
            return $" AddRedisMessaging(\"{Name}\", configure), without a connection, is the bus without a name on a host '{Name}'.";
        }

        var others = connected.Select(bus => BusName.Describe(bus.Name));
        return connected.Count == 0 ? "" : $" The container has {string.Join(" and ", others)}.";
    }
}
