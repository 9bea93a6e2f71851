using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Settings;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Configuration;

/// <summary>What is misspelt or misplaced in the configuration is refused, with its path, its value and what was meant.</summary>
public sealed class UnknownSettingsTests
{
    public static TheoryData<string, string> Mistakes => new()
    {
        // The bus.
        { """{ "KeyPrefx": "shop:" }""", "RedisMessaging:KeyPrefx ('shop:') is not a known setting. Did you mean 'KeyPrefix'?*" },
        { """{ "StartTimout": "00:00:05" }""", "RedisMessaging:StartTimout ('00:00:05')*Did you mean 'StartTimeout'?*" },
        { """{ "start_timeout": "00:00:05" }""", "RedisMessaging:start_timeout*Did you mean 'StartTimeout'?*" },
        { """{ "Topic": { "orders": { "Transport": "Queue" } } }""", "RedisMessaging:Topic:orders:Transport ('Queue')*Did you mean 'Topics'?*" },
        { """{ "Retry": 3 }""", "RedisMessaging:Retry ('3')*belongs to handlers. Move it to Topics:{topic}:Handlers:{group}:Retry:MaxAttempts*" },
        { """{ "Nonsense": { "Deep": { "Down": 1 } } }""", "RedisMessaging:Nonsense:Deep:Down ('1') is not a known setting. Known settings: Application, Connection, KeyPrefix*" },
        { """{ "Nonsense": {} }""", "RedisMessaging:Nonsense (null) is not a known setting*" },
        { """{ "Nonsense": [] }""", "RedisMessaging:Nonsense ('') is not a known setting*" },
        { """{ "Handlers": { "orders": { "Retry": { "MaxAttempts": 3 } } } }""", "RedisMessaging:Handlers:orders:Retry:MaxAttempts ('3')*Handlers are configured at Topics:{topic}:Handlers:{group}:{setting}." },
        { """{ "Concurrency": 4 }""", "RedisMessaging:Concurrency ('4')*'Concurrency' belongs to handlers*" },
        { """{ "orders": { "Transport": "Queue" } }""", "RedisMessaging:orders:Transport ('Queue')*'orders' is a topic. Move it into the section Topics*" },
        { """{ "Lease": "00:00:05" }""", "RedisMessaging:Lease ('00:00:05')*belongs to topics. Move it to Topics:{name}:Lease*" },
        { """{ "BlockingConnectionOptions": "localhost" }""", "RedisMessaging:BlockingConnectionOptions*in code*" },
        { """{ "KeyPrefix": { "Value": "shop:" } }""", "RedisMessaging:KeyPrefix:Value ('shop:') stands below 'KeyPrefix', which holds a single value*" },
        { """{ "StartTimeout": ["00:00:05"] }""", "RedisMessaging:StartTimeout:0*holds a single value: neither a section nor an array*" },
        { """{ "Connection": { "Host": "localhost" } }""", "RedisMessaging:Connection:Host*holds a single value*" },
        { """{ "Conection": "localhost,password=hunter2" }""", "RedisMessaging:Conection (not shown here*Did you mean 'Connection'?*" },
        { """{ "Redis": "redis://user:hunter2@localhost" }""", "RedisMessaging:Redis (not shown here*" },
        { "\"localhost:6379\"", "RedisMessaging is a single value; it must be a section*RedisMessaging:Connection*" },

        // Topics.
        { """{ "Topics": { "orders": { "Leese": "00:00:05" } } }""", "Topic 'orders': RedisMessaging:Topics:orders:Leese ('00:00:05')*Did you mean 'Lease'? Known settings: *Transport*" },
        { """{ "Topics": { "ORDERS": { "Leese": "00:00:05" } } }""", "Topic 'orders': RedisMessaging:Topics:ORDERS:Leese*" },
        { """{ "Topics": { "news:sport": { "transports": "Queue" } } }""", "Topic 'news:sport': RedisMessaging:Topics:news:sport:transports*Did you mean 'Transport'?*" },
        { """{ "Topics": { "orders": { "Retention": { "MaxLenght": 5 } } } }""", "Topic 'orders': RedisMessaging:Topics:orders:Retention:MaxLenght ('5')*Did you mean 'Retention:MaxLength'?*" },
        { """{ "Topics": { "orders": { "Lease": { "Seconds": 5 } } } }""", "Topic 'orders': RedisMessaging:Topics:orders:Lease:Seconds ('5') stands below 'Lease'*" },
        { """{ "Topics": { "orders": { "Lease": ["00:00:05"] } } }""", "Topic 'orders': RedisMessaging:Topics:orders:Lease:0*stands below 'Lease'*array*" },
        { """{ "Topics": { "orders": ["Queue"] } }""", "Topic 'orders': RedisMessaging:Topics:orders:0 ('Queue') is part of an array*PubSub, Queue, Stream*" },
        { """{ "Topics": { "orders": { "Concurrency": 5 } } }""", "Topic 'orders': RedisMessaging:Topics:orders:Concurrency ('5')*belongs to handlers. Move it to Topics:orders:Handlers:{group}:Concurrency." },
        { """{ "Topics": { "orders": { "Retry": { "MaxAttempts": 3 } } } }""", "Topic 'orders': RedisMessaging:Topics:orders:Retry:MaxAttempts*belongs to handlers. Move it to Topics:orders:Handlers:{group}:Retry:MaxAttempts." },
        { """{ "Topics": { "orders": { "KeyPrefix": "a:" } } }""", "Topic 'orders': RedisMessaging:Topics:orders:KeyPrefix*belongs to the bus*" },
        { """{ "Topics": { "orders": { "Nonsense": {} } } }""", "Topic 'orders': RedisMessaging:Topics:orders:Nonsense (null) is not a known setting*" },
        { """{ "Topics": "orders" }""", "RedisMessaging:Topics is a single value*must be a section of topics*" },
        { """{ "Topics": [] }""", "RedisMessaging:Topics is a single value or an empty array*" },
        { """{ "Topics": ["orders", "emails"] }""", "RedisMessaging:Topics is an array*must be a section of topics*" },
        { """{ "Topics": [{ "Name": "orders", "Transport": "Queue" }] }""", "RedisMessaging:Topics is an array*" },

        // Topics that are almost ours.
        { """{ "Topics": { "ordres": { "Transport": "Queue" } } }""", "RedisMessaging:Topics:ordres:Transport ('Queue') is about a topic 'ordres', which this process does not register. Did you mean 'orders'?*\"orders\": {}*" },
        { """{ "Topics": { "ordres": "Queue" } }""", "RedisMessaging:Topics:ordres ('Queue')*Did you mean 'orders'?*" },
        { """{ "Topics": { "ordres": { "Leese": "00:00:05" } } }""", "*'ordres'*Did you mean 'orders'?*" },
        { """{ "Topics": { "news:sprot": { "Retention": { "MaxLenght": 5 } } } }""", "*'news:sprot'*Did you mean 'news:sport'?*" },
        { """{ "Topics": { "users:{user}": { "Transport": "Queue" } } }""", "*'users:{user}'*Did you mean 'users:{userId}'?*" },
        { """{ "Topics": { "users:*": { "Transport": "Queue" } } }""", "*'users:*'*Did you mean 'users:{userId}'?*" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_setting_that_nothing_is_called_is_refused(string json, string message)
    {
        var starting = () => Start(json, out _);

        starting.Should().Throw<RedisMessagingConfigurationException>().WithMessage(message).Which.ToString().Should().NotContain("hunter2");
    }

    [Theory]
    [InlineData("orders:Transport", "Queue")]
    [InlineData("ORDERS:lease", "00:00:05")]
    [InlineData("orders", "Queue")]
    [InlineData("orders", "queue")]
    [InlineData("orders", null)]
    [InlineData("news:sport:retention:maxLength", "7")]
    [InlineData("news:sport:Retention", "Forever")]
    public void What_is_a_setting_is_not(string key, string? value)
    {
        using var log = new ListLoggerProvider();
        Configured.Model(Configure, log, ($"Topics:{key}", value));
        log.Lines.Should().BeEmpty();
    }

    [Fact]
    public void A_bare_word_is_a_topic_s_transport()
    {
        Configured.Topic(b => b.AddQueue<OrderPlaced>("orders"), ("Topics:orders", "Stream")).Kind.Should().Be(TransportKind.Stream);
        Configured.Topic(b => b.AddQueue<OrderPlaced>("eu:orders"), ("Topics:eu:orders", "PubSub")).Kind.Should().Be(TransportKind.PubSub);

        var both = Configured.Topic(b => b.AddQueue<OrderPlaced>("orders"), ("Topics:orders", "Stream"), ("Topics:orders:Lease", "00:00:05"), ("Topics:orders:Transport", "stream"));
        (both.Kind, both.Capabilities.Lease).Should().Be((TransportKind.Stream, TimeSpan.FromSeconds(5)));

        Refused([("Topics:orders", "Kafka")], "Topic 'orders': Transport is 'Kafka' in the configuration (RedisMessaging:Topics:orders); use one of PubSub, Queue, Stream*");
        Refused([("Topics:orders", "Steam")], "Topic 'orders'*'Steam'*Did you mean 'Stream'?");
        Refused([("Topics:orders", "")], "Topic 'orders'*''*PubSub, Queue, Stream*");
        Refused([("Topics:orders", "7")], "Topic 'orders'*'7'*PubSub, Queue, Stream*");
        Refused([("Topics:orders", "Stream"), ("Topics:orders:Transport", "Queue")], "Topic 'orders': RedisMessaging:Topics:orders is 'Stream' and RedisMessaging:Topics:orders:Transport is 'Queue'*Leave one of them out*");
        Refused([("Topics:orders:Retention", "Forever"), ("Topics:orders:Retention:MaxLength", "5")], "Topic 'orders': RedisMessaging:Topics:orders:Retention is 'Forever', and RedisMessaging:Topics:orders:Retention:MaxLength is '5'*");
    }

    [Theory]
    [InlineData("invoices:Transport", "Queue", "invoices")]
    [InlineData("eu:invoices:Retention:MaxLength", "5", "eu:invoices")]
    [InlineData("eu:invoices", "Queue", "eu:invoices")]
    [InlineData("invoices:Whatever", "5", "invoices")]
    [InlineData("news2:sport:Transport", "Queue", "news2:sport")]
    public void A_topic_of_another_service_is_logged_once(string key, string value, string name)
    {
        using var log = new ListLoggerProvider();
        Configured.Model(Configure, log, ($"Topics:{key}", value), ("Topics:orders:Lease", "00:00:05"));

        log.Lines.Should().ContainSingle().Which.Text.Should().Contain($"settings of topic {name} (RedisMessaging:Topics:{key})");
        log.TextsOf(2001).Should().ContainSingle();
    }

    [Fact]
    public void A_name_that_is_close_to_a_topic_which_is_configured_is_another_service_s()
    {
        using var log = new ListLoggerProvider();
        Configured.Model(b => Configure(b), log, ("Topics:order:Lease", "00:00:05"), ("Topics:order:Transport", "Queue"), ("Topics:orders", null));

        log.TextsOf(2001).Should().ContainSingle("one line for a topic");
    }

    [Fact]
    public void Numbered_names_are_not_misspelt()
    {
        using var log = new ListLoggerProvider();
        Configured.Model(b => b.AddQueue<OrderPlaced>("orders-v1"), log, ("Topics:orders-v2:Lease", "00:00:05"));
        log.TextsOf(2001).Should().ContainSingle();
    }

    [Fact]
    public void A_member_of_a_family_has_the_family_s_settings()
    {
        using var log = new ListLoggerProvider();
        Configured.Model(Configure, log, ("Topics:users:42:Lease", "00:00:05"));
        log.TextsOf(2006).Should().ContainSingle().Which.Should().Contain("users:42").And.Contain("users:{userId}");
    }

    [Fact]
    public void The_settings_are_those_of_the_options_that_can_be_set()
    {
        foreach (var factory in TransportCatalog.All)
        {
            var settable = factory.CreateOptions().GetType().GetProperties().Where(property => property.SetMethod?.IsPublic == true).SelectMany(NamesOf);
            factory.Settings.Select(setting => setting.Name).Should().BeEquivalentTo(settable, factory.Kind.ToString());
        }

        BusSettings.All.Select(setting => setting.Name).Should().BeEquivalentTo(typeof(RedisMessagingOptions).GetProperties().Select(property => property.Name));
    }

    [Fact]
    public void Every_setting_reaches_its_option()
    {
        foreach (var (options, settings) in TransportCatalog.All.Select(factory => ((object)factory.CreateOptions(), factory.Settings)).Append((new RedisMessagingOptions(), BusSettings.All)))
        {
            foreach (var setting in settings.Where(setting => setting.Name != nameof(StreamOptions.Retention)))
            {
                var before = setting.Get(options);
                var text = before switch
                {
                    bool flag => flag ? "false" : "true",
                    int or long => "77",
                    TimeSpan => "00:00:07",
                    Enum word => Enum.GetNames(word.GetType()).Last(),
                    null when setting.Name.EndsWith("Age", StringComparison.Ordinal) => "00:00:07",
                    _ => "text",
                };
                setting.Read(options, new ConfiguredValue(setting.Name, text, setting.Name), "");
                setting.Get(options).Should().NotBe(before, "{0} was set", setting.Name);
                var property = options.GetType().GetProperty(setting.Name.Split(':')[0])!;
                var value = setting.Name.Split(':') is [_, var part] ? property.PropertyType.GetProperty(part)!.GetValue(property.GetValue(options)) : property.GetValue(options);
                value.Should().Be(setting.Get(options), "{0} is where it was set", setting.Name);
            }
        }
    }

    [Fact]
    public void Environment_variables_are_settings_like_any_other()
    {
        const string prefix = "LM_TEST_";
        Environment.SetEnvironmentVariable(prefix + "RedisMessaging__Topics__orders__Transport", "PubSub");
        Environment.SetEnvironmentVariable(prefix + "RedisMessaging__Topics__eu__orders", "Queue");
        try
        {
            var section = new ConfigurationBuilder().AddEnvironmentVariables(prefix).Build().GetSection("RedisMessaging");
            var builder = new RedisMessagingBuilder();
            builder.UseJson(SampleJson.Default).AddStream<OrderPlaced>("orders").AddStream<SendEmail>("eu:orders");
            using var log = new ListLoggerProvider();
            Configured.Model(builder, section, log).Topics.Select(topic => topic.Kind).Should().Equal(TransportKind.PubSub, TransportKind.Queue);
        }
        finally
        {
            Environment.SetEnvironmentVariable(prefix + "RedisMessaging__Topics__orders__Transport", null);
            Environment.SetEnvironmentVariable(prefix + "RedisMessaging__Topics__eu__orders", null);
        }
    }

    private static void Configure(RedisMessagingBuilder builder) =>
        builder.UseJson(SampleJson.Default).AddStream<OrderPlaced>("orders").AddStream<SendEmail>("news:sport").AddQueue<PriceChanged>("users:{userId}");

    private static void Refused((string, string?)[] configuration, string message)
    {
        var building = () => Configured.Model(Configure, configuration);
        building.Should().Throw<RedisMessagingConfigurationException>().WithMessage(message);
    }

    /// <summary>As far as a bus comes without Redis.</summary>
    private static void Start(string json, out ListLoggerProvider log)
    {
        var logs = log = new ListLoggerProvider();
        var provider = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(logs))
            .AddRedisMessaging(Configured.Json(json, ("Connection", "localhost:1")), Configure)
            .BuildServiceProvider();
        provider.GetRequiredService<RedisMessageBus>();
    }

    /// <summary>What is a record of its own is a section, and may be one word.</summary>
    private static IEnumerable<string> NamesOf(System.Reflection.PropertyInfo property) => property.PropertyType == typeof(Retention)
        ? [property.Name, .. typeof(Retention).GetProperties().Where(part => part.SetMethod is not null).Select(part => $"{property.Name}:{part.Name}")]
        : [property.Name];
}
