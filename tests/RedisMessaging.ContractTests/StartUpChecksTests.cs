using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Queue;
using RedisMessaging.Transports.Streams;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>What is set up wrong is told at start-up, within five seconds, with the fix in the text.</summary>
public sealed class StartUpChecksTests(ITestOutputHelper output) : StartUpTest(output)
{
    private const int UnsafeServer = 3010;
    private const int InfoDenied = 3002;
    private const int ClientDenied = 3004;
    private const int ConfigDenied = 3008;
    private const int NoTopics = 2008;

    public static TheoryData<TransportKind> All => [TransportKind.PubSub, TransportKind.Queue, TransportKind.Stream];

    public static TheoryData<TransportKind> Durable => [TransportKind.Queue, TransportKind.Stream];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_wrong_password_is_told_with_the_user(bool startWithoutRedis)
    {
        var server = await StartServerAsync();
        await AddWorkerAsync(server, "~*", "&*", "+@all");
        await (await AdminAsync(server)).ExecuteAsync("ACL", "SETUSER", "default", ">closed", "resetpass", ">closed");

        await IsRefusedAsync($"{server.ConnectionString},user=worker,password=wrong", TransportKind.Queue, "*password of user 'worker'*ACL GETUSER worker*", messaging => messaging.StartWithoutRedis = startWithoutRedis);
    }

    [Fact]
    public async Task A_wrong_password_of_a_connection_that_was_handed_over_is_told()
    {
        var server = await StartServerAsync("--requirepass", "right");
        await using var existing = await ConnectionMultiplexer.ConnectAsync($"{server.ConnectionString},password=wrong,abortConnect=false");
        await using var services = new ServiceCollection()
            .AddSingleton<IConnectionMultiplexer>(existing)
            .AddRedisMessaging(messaging => Configure(messaging, TransportKind.Queue))
            .BuildServiceProvider();

        await IsRefusedAsync(() => services.GetRequiredService<RedisMessageBus>().StartAsync(CancellationToken.None), "*password of user 'default'*");
    }

    [Fact]
    public async Task A_user_that_Redis_silently_takes_for_default_is_told()
    {
        var server = await StartServerAsync();
        var connection = $"{server.ConnectionString},user=worker,password=wrong";

        await IsRefusedAsync(connection, TransportKind.PubSub, "*names the user 'worker'*takes it for 'default'*ACL SETUSER worker*OnUnsafeServer*");

        await WorksAsync(await StartAsync(connection, TransportKind.PubSub, messaging => messaging.OnUnsafeServer = OnUnsafeServer.Warn));
        Log.Lines.Where(line => line.Id == UnsafeServer).Should().ContainSingle().Which.Text.Should().Contain("worker");
    }

    [Theory]
    [InlineData(TransportKind.Queue, "blmove")]
    [InlineData(TransportKind.Stream, "xreadgroup")]
    [InlineData(TransportKind.Stream, "xautoclaim")]
    public async Task A_missing_right_to_a_command_is_told_before_the_consumer_starts(TransportKind kind, string command)
    {
        var server = await StartServerAsync();
        var connection = await AddWorkerAsync(server, "~*", "&*", "+@all", "-" + command);

        await IsRefusedAsync(connection, kind, $"*'{Topic}'*'worker'*{command.ToUpperInvariant()}*ACL SETUSER worker +{command}", messaging => messaging.AddHandler<Note>(new Inbox().HandleAsync));
    }

    /// <summary>How many arguments a command takes must make no difference: newer servers refuse to be asked of one with a number that does not suit.</summary>
    [Theory]
    [InlineData("queue")]
    [InlineData("queue at most once")]
    [InlineData("stream")]
    public async Task Each_command_of_a_layout_is_missed_before_the_consumer_starts(string layout)
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var kind = layout == "stream" ? TransportKind.Stream : TransportKind.Queue;
        var acks = layout == "queue";
        await using var transport = new OpenTransport(
            await AddWorkerAsync(server, "~*", "&*", "+@all"),
            "test:",
            kind,
            options =>
            {
                if (options is QueueOptions queue)
                {
                    queue.Delivery = acks ? QueueDelivery.AtLeastOnce : QueueDelivery.AtMostOnce;
                }
            });
        await (await transport.OpenAsync()).DisposeAsync();
        var keys = new TopicKeys("test:", "topic");
        var commands = kind == TransportKind.Queue ? QueueLayout.Of(new QueueKeys(keys), acks).Commands : StreamLayout.Of(new StreamKeys(keys)).Commands;
        var silent = new List<string>();
        foreach (var command in commands)
        {
            await admin.ExecuteAsync("ACL", "SETUSER", "worker", "+@all", "-" + command);
            try
            {
                await (await transport.OpenAsync()).DisposeAsync();
                silent.Add(command);
            }
            catch (RedisMessagingConfigurationException refused)
            {
                refused.Message.Should().ContainEquivalentOf(command.Replace('|', ' ')).And.Contain("ACL SETUSER worker +");
            }
        }

        silent.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_missing_right_to_keys_is_told_with_the_keys(TransportKind kind)
    {
        var server = await StartServerAsync();
        var connection = await AddWorkerAsync(server, "~other:*", "&*", "+@all");

        await IsRefusedAsync(connection, kind, $"*'{Topic}'*'worker'*test:{{{Topic}}}:*ACL SETUSER worker ~test:{{{Topic}}}:*", messaging => messaging.AddHandler<Note>(new Inbox().HandleAsync));
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_missing_right_to_scripts_is_told(TransportKind kind)
    {
        var server = await StartServerAsync();
        var connection = await AddWorkerAsync(server, "~*", "&*", "+@all", "-@scripting");

        await IsRefusedAsync(connection, kind, $"*'{Topic}'*'worker'*ACL SETUSER worker +*", messaging => messaging.AddHandler<Note>(new Inbox().HandleAsync));
    }

    [Fact]
    public async Task A_missing_right_to_a_channel_is_told_with_the_channel()
    {
        var server = await StartServerAsync();
        var connection = await AddWorkerAsync(server, "~*", "&other", "+@all");

        await IsRefusedAsync(connection, TransportKind.PubSub, $"*'{Topic}'*channel*ACL SETUSER*&test:{Topic}", messaging => messaging.AddHandler<Note>(new Inbox().HandleAsync));
    }

    [Fact]
    public async Task A_missing_right_to_publish_is_told_by_publishing()
    {
        var server = await StartServerAsync();
        var bus = await StartAsync(await AddWorkerAsync(server, "~*", "&*", "+@all", "-lpush"), TransportKind.Queue);

        await FluentActions.Awaiting(async () => await bus.PublishAsync(new Note("refused"))).Should().ThrowAsync<PublishRefusedException>().WithMessage("*lpush*ACL SETUSER*+lpush");
    }

    [Fact]
    public async Task A_user_for_Pub_Sub_alone_needs_no_other_rights()
    {
        var server = await StartServerAsync();

        await WorksAsync(await StartAsync(await AddWorkerAsync(server, $"&test:{Topic}", "-@all", "+ping", "+echo", "+publish", "+subscribe", "+unsubscribe"), TransportKind.PubSub));
    }

    [Theory]
    [InlineData(TransportKind.Queue, "+lpush")]
    [InlineData(TransportKind.Stream, "+xadd")]
    public async Task A_user_who_only_publishes_needs_no_other_rights(TransportKind kind, string right)
    {
        var server = await StartServerAsync();
        var bus = await StartAsync(await AddWorkerAsync(server, $"~test:{{{Topic}}}:*", "-@all", "+ping", "+echo", right), kind);

        await bus.PublishAsync(new Note("stored"));
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task The_rights_that_are_asked_for_are_all_that_consuming_takes(TransportKind kind)
    {
        var server = await StartServerAsync();
        var keys = new TopicKeys("test:", Topic);
        var commands = kind == TransportKind.Queue ? QueueLayout.Of(new QueueKeys(keys), acks: true).Commands : StreamLayout.Of(new StreamKeys(keys)).Commands;
        var bus = await StartAsync(await AddWorkerAsync(server, [$"~{keys.Pattern}", "-@all", "+ping", "+echo", "+client", .. commands.Select(command => "+" + command)]), kind);
        var admin = await AdminAsync(server);
        await admin.ExecuteAsync("ACL", "LOG", "RESET");

        var inbox = new Inbox();
        var subscription = await bus.SubscribeAsync<Note>(Topic, (note, context, token) =>
            context.Attempt == 1 ? throw new InvalidOperationException("Once more.") : inbox.HandleAsync(note, context, token));
        await bus.PublishManyAsync(Enumerable.Range(0, 10).Select(number => new Note("note", number)));
        await inbox.HasAsync(10);
        await subscription.DisposeAsync();
        await bus.PublishAsync(new Note("read", 11));
        await foreach (var received in bus.ReadAsync<Note>(Topic))
        {
            await received.ExtendAsync();
            await received.DeadLetterAsync("enough");
            break;
        }

        var refused = (RedisResult[])(await admin.ExecuteAsync("ACL", "LOG"))!;
        // What StackExchange.Redis asks of every new connection, the look at what the other transport may have left, the bells and pauses,
        // and the sweep for scheduled messages without a time, which it does without.
        string[] needless = ["xread", "hgetall", "hlen", "hscan", "config", "info", "cluster", "sentinel", "echo", "hello", "select", "subscribe", "__Booksleeve_TieBreak", "acl", kind == TransportKind.Queue ? "exists" : "llen"];
        refused.Select(entry => ((string?)entry.ToDictionary()["object"])!.Split('|')[0]).Except(needless).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_replica_can_not_store_anything(TransportKind kind)
    {
        var server = await StartServerAsync("--replicaof", "127.0.0.1", "1");

        await IsRefusedAsync(server.ConnectionString, kind, $"*read-only replica*'{Topic}'*primary*", messaging => messaging.OnUnsafeServer = OnUnsafeServer.Warn);
    }

    [Fact]
    public async Task Pub_Sub_on_a_replica_is_told_and_works()
    {
        var server = await StartServerAsync("--replicaof", "127.0.0.1", "1");

        await IsRefusedAsync(server.ConnectionString, TransportKind.PubSub, "*read-only replica*primary*OnUnsafeServer*");

        await WorksAsync(await StartAsync(server.ConnectionString, TransportKind.PubSub, messaging => messaging.OnUnsafeServer = OnUnsafeServer.Warn));
        Log.Lines.Should().Contain(line => line.Id == UnsafeServer && line.Text.Contains("replica", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("allkeys-lru")]
    [InlineData("allkeys-random")]
    public async Task A_server_that_evicts_messages_is_told(string policy)
    {
        var server = await StartServerAsync("--maxmemory-policy", policy);

        await IsRefusedAsync(server.ConnectionString, TransportKind.Queue, $"*'{policy}'*'{Topic}'*noeviction*OnUnsafeServer*");

        await WorksAsync(await StartAsync(server.ConnectionString, TransportKind.Queue, messaging => messaging.OnUnsafeServer = OnUnsafeServer.Warn));
        Log.Lines.Where(line => line.Id == UnsafeServer).Should().ContainSingle().Which.Text.Should().Contain(policy);
        await WorksAsync(await StartAsync(server.ConnectionString, TransportKind.PubSub, messaging => messaging.KeyPrefix = "other:"));
    }

    [Fact]
    public async Task A_server_that_evicts_only_what_expires_is_fine() =>
        await WorksAsync(await StartAsync((await StartServerAsync("--maxmemory-policy", "volatile-lru")).ConnectionString, TransportKind.Stream));

    [Fact]
    public async Task A_database_other_than_0_on_a_cluster_is_told()
    {
        var server = await StartServerAsync("--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1");
        await BecomeClusterAsync(server);

        await IsRefusedAsync(server.ConnectionString + ",defaultDatabase=1", TransportKind.Queue, "*database 1*cluster*defaultDatabase*KeyPrefix*");
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_cluster_works(TransportKind kind)
    {
        var server = await StartServerAsync("--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1");
        await BecomeClusterAsync(server);

        await WorksAsync(await StartAsync(server.ConnectionString, kind));
    }

    [Theory]
    [InlineData(TransportKind.Queue, "queue", "list")]
    [InlineData(TransportKind.Queue, "queue:consumers", "zset")]
    [InlineData(TransportKind.Queue, "dead", "stream")]
    [InlineData(TransportKind.Stream, "stream", "stream")]
    [InlineData(TransportKind.Stream, "stream:layout", "string")]
    [InlineData(TransportKind.Stream, "dead", "stream")]
    [InlineData(TransportKind.PubSub, "queue", "list")]
    public async Task A_key_that_holds_something_else_is_told_with_its_type(TransportKind kind, string key, string expected)
    {
        var server = await StartServerAsync();
        await (await AdminAsync(server)).HashSetAsync($"test:{{{Topic}}}:{key}", "not", "ours");

        await IsRefusedAsync(server.ConnectionString, kind, $"*'{Topic}'*'test:{{{Topic}}}:{key}' holds a hash*{expected}*KeyPrefix*");
    }

    [Fact]
    public async Task A_group_s_key_that_holds_something_else_is_told()
    {
        var server = await StartServerAsync();
        await (await AdminAsync(server)).StringSetAsync($"test:{{{Topic}}}:retry:contract", "not ours");

        await IsRefusedAsync(server.ConnectionString, TransportKind.Stream, $"*'test:{{{Topic}}}:retry:contract' holds a string*", messaging => messaging.AddHandler<Note>(new Inbox().HandleAsync));
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_newer_layout_is_refused_by_publishers_and_consumers(TransportKind kind)
    {
        var version = kind == TransportKind.Queue ? 2 : 1;
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        RedisKey stamp = $"test:{{{Topic}}}:{(kind == TransportKind.Queue ? "queue" : "stream")}:layout";
        await WorksAsync(await StartAsync(server.ConnectionString, kind));
        ((string?)await admin.StringGetAsync(stamp)).Should().Be($"{version}", "a consumer stamps the topic");

        await admin.StringSetAsync(stamp, version + 1);

        await IsRefusedAsync(server.ConnectionString, kind, $"*'{Topic}'*layout {version + 1}*up to {version}*Upgrade*");
        await IsRefusedAsync(server.ConnectionString, kind, $"*'{Topic}'*layout {version + 1}*up to {version}*Upgrade*", messaging => messaging.AddHandler<Note>(new Inbox().HandleAsync));
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task An_older_layout_is_refused_by_publishers_and_consumers(TransportKind kind)
    {
        var version = kind == TransportKind.Queue ? 2 : 1;
        var server = await StartServerAsync();
        var stamp = $"test:{{{Topic}}}:{(kind == TransportKind.Queue ? "queue" : "stream")}:layout";
        await (await AdminAsync(server)).StringSetAsync(stamp, version - 1);

        await IsRefusedAsync(server.ConnectionString, kind, $"*'{Topic}'*older key layout {version - 1}*works with {version}*delete the key '{stamp}'*");
        await IsRefusedAsync(server.ConnectionString, kind, $"*'{Topic}'*older key layout {version - 1}*works with {version}*delete the key '{stamp}'*", messaging => messaging.AddHandler<Note>(new Inbox().HandleAsync));
    }

    [Fact]
    public async Task Blocking_connections_to_another_database_are_told()
    {
        var server = await StartServerAsync();

        await IsRefusedAsync(server.ConnectionString, TransportKind.Queue, "*BlockingConnectionOptions*database 3*database 0*", messaging =>
            messaging.BlockingConnectionOptions = ConfigurationOptions.Parse(server.ConnectionString + ",defaultDatabase=3"));
        await IsRefusedAsync(server.ConnectionString + ",channelPrefix=a:", TransportKind.PubSub, "*BlockingConnectionOptions*ChannelPrefix*'a:'*", messaging =>
            messaging.BlockingConnectionOptions = ConfigurationOptions.Parse(server.ConnectionString));
    }

    [Fact]
    public async Task A_server_that_takes_less_than_MaxMessageBytes_is_told()
    {
        var server = await StartServerAsync("--proto-max-bulk-len", "1mb");

        await IsRefusedAsync(server.ConnectionString, TransportKind.PubSub, "*MaxMessageBytes is 4194304*1048576 bytes*proto-max-bulk-len*");

        await WorksAsync(await StartAsync(server.ConnectionString, TransportKind.PubSub, messaging => messaging.MaxMessageBytes = 1 << 20));
    }

    [Theory]
    [InlineData(TransportKind.PubSub, false)]
    [InlineData(TransportKind.Queue, false)]
    [InlineData(TransportKind.Stream, false)]
    [InlineData(TransportKind.PubSub, true)]
    [InlineData(TransportKind.Queue, true)]
    [InlineData(TransportKind.Stream, true)]
    public async Task Without_CLIENT_CONFIG_and_INFO_everything_works_and_one_line_each_says_what_is_missing(TransportKind kind, bool renamed)
    {
        var server = await StartServerAsync(renamed ? ["--rename-command", "CLIENT", "", "--rename-command", "CONFIG", "", "--rename-command", "INFO", ""] : []);
        var connection = renamed ? server.ConnectionString : await AddWorkerAsync(server, "~*", "&*", "+@all", "-client", "-config", "-info");

        var bus = await StartAsync(connection, kind, messaging => messaging.AddTopic<Alarm>("alarms", kind));
        await using (await bus.SubscribeAsync<Alarm>("alarms", (_, _, _) => ValueTask.CompletedTask))
        {
            await WorksAsync(bus);
        }

        Log.Lines.Should().ContainSingle(line => line.Id == InfoDenied);
        Log.Lines.Should().ContainSingle(line => line.Id == ConfigDenied);
        // Only what blocks needs CLIENT: on Pub/Sub that is the wait for pauses, which may not have come to it.
        Log.Lines.Count(line => line.Id == ClientDenied).Should().BeInRange(kind == TransportKind.PubSub ? 0 : 1, 1);
    }

    [Fact]
    public async Task Without_CLIENT_UNBLOCK_a_stop_waits_for_the_block_to_end()
    {
        var server = await StartServerAsync();
        var bus = await StartAsync(await AddWorkerAsync(server, "~*", "&*", "+@all", "-client|unblock"), TransportKind.Queue);
        var subscription = await bus.SubscribeAsync<Note>(Topic, new Inbox().HandleAsync);
        await Task.Delay(TimeSpan.FromMilliseconds(300));

        await Eventually.EndsAsync(subscription.DisposeAsync().AsTask());

        Log.Lines.Should().ContainSingle(line => line.Id == ClientDenied);
    }

    [Theory]
    [InlineData("redis://worker:se%2Ccret%3D%40%2F@{0}?abortConnect=false")]
    [InlineData("redis://worker:se%2Ccret%3D%40%2F@{0}/0")]
    public async Task A_URL_connects_with_a_password_that_a_string_can_not_hold(string url)
    {
        var server = await StartServerAsync();
        await (await AdminAsync(server)).ExecuteAsync("ACL", "SETUSER", "worker", "on", ">se,cret=@/", "~*", "&*", "+@all");
        var connection = string.Format(CultureInfo.InvariantCulture, url, server.ConnectionString.Split(',')[0]);

        await WorksAsync(await StartAsync(connection, TransportKind.Queue));
        await IsRefusedAsync(connection.Replace("%2F", "%2Fx", StringComparison.Ordinal), TransportKind.Queue, "*the password of 'worker' is wrong*");
        Log.Lines.Should().NotContain(line => line.Text.Contains("se,cret", StringComparison.Ordinal) || line.Text.Contains("se%2Ccret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_finds_the_connection_by_its_name_and_the_transport_by_one_word()
    {
        var server = await StartServerAsync();
        await using var started = await StartHostAsync(("ConnectionStrings:redis", server.ConnectionString), ("RedisMessaging:Connection", "redis"), ("RedisMessaging:Topics:notes", "Queue"));

        var bus = started.Services.GetRequiredService<IMessageBus>();
        bus.Topic(Topic).Transport.Should().Be(TransportKind.Queue);
        await bus.PublishAsync(new Note("stored"));
        ((long)await (await AdminAsync(server)).ListLengthAsync($"test:{{{Topic}}}:queue")).Should().Be(1);
    }

    [Theory]
    [InlineData("RedisMessaging:KeyPrefx", "shop:", "*RedisMessaging:KeyPrefx ('shop:')*Did you mean 'KeyPrefix'?*")]
    [InlineData("RedisMessaging:Topic:notes:Transport", "Queue", "*RedisMessaging:Topic:notes:Transport*Did you mean 'Topics'?*")]
    [InlineData("RedisMessaging:Handlers:notes:Concurrency", "4", "*RedisMessaging:Handlers:notes:Concurrency ('4')*Handlers are configured at Topics:{topic}:Handlers:{group}*")]
    [InlineData("RedisMessaging:Topics:notes:Lease", "5", "*RedisMessaging:Topics:notes:Lease is '5'*\"00:00:05\"*")]
    [InlineData("RedisMessaging:Topics:nots:Lease", "00:00:05", "*'nots'*Did you mean 'notes'?*")]
    public async Task A_host_does_not_start_with_a_setting_that_has_no_effect(string key, string value, string told)
    {
        var server = await StartServerAsync();

        await IsRefusedAsync(async () => await StartHostAsync(("RedisMessaging:Connection", server.ConnectionString), (key, value)), told);
        ((long)await (await AdminAsync(server)).ExecuteAsync("DBSIZE")).Should().Be(0, "nothing was stored under a wrong key");
    }

    [Fact]
    public async Task A_bus_without_topics_says_so()
    {
        var server = await StartServerAsync();
        Own(await RedisMessageBus.ConnectAsync(server.ConnectionString, _ => { }, Log));

        Log.Lines.Should().ContainSingle(line => line.Id == NoTopics);
    }

    private async Task<StartedHost> StartHostAsync(params (string Key, string Value)[] configuration)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(configuration.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)));
        builder.Services.AddRedisMessaging(builder.Configuration.GetSection("RedisMessaging"), messaging => Configure(messaging, TransportKind.Stream));
        var started = new StartedHost(builder.Build());
        Own(started);
        await started.StartAsync();
        return started;
    }
}
