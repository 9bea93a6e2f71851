using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>What <c>channelPrefix=</c> puts in front of channels is in front of all of them, whichever part sends the command.</summary>
public sealed class ChannelPrefixTests(ITestOutputHelper output) : StartUpTest(output)
{
    private const string Prefixed = ",channelPrefix=app[1]:";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Subscribers_are_counted(bool sharded)
    {
        var server = await StartServerAsync();
        await using var bus = await ConnectAsync(server, sharded);
        await using var subscription = await bus.SubscribeAsync<Note>("notes", (_, _, _) => ValueTask.CompletedTask);

        var counts = await bus.Topic("notes").AsPubSub().CountSubscribersAsync();

        counts.Channels.Should().Equal(new Dictionary<string, long> { ["notes"] = 1 });
    }

    [Fact]
    public async Task Subscribers_to_the_channels_of_a_pattern_are_counted()
    {
        var server = await StartServerAsync();
        await using var bus = await RedisMessageBus.ConnectAsync(server.ConnectionString + Prefixed, messaging => Configure(messaging).AddPubSub<Note>("news:*"));
        await using var subscription = await bus.SubscribeAsync<Note>("news:sport", (_, _, _) => ValueTask.CompletedTask);

        (await bus.Topic("news:*").AsPubSub().CountSubscribersAsync()).Channels.Should().Equal(new Dictionary<string, long> { ["news:sport"] = 1 });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_dead_letter_is_published_again(bool sharded)
    {
        var server = await StartServerAsync();
        await using var bus = await ConnectAsync(server, sharded);
        var inbox = new Inbox();
        var attempts = 0;
        await using var subscription = await bus.SubscribeAsync<Note>("notes", (note, context, token) => Interlocked.Increment(ref attempts) == 1
            ? throw new DeadLetterException("the first time")
            : inbox.HandleAsync(note, context, token));
        await bus.PublishToAsync("notes", new Note("again"));
        var letters = bus.Topic("notes").DeadLetters;
        await Eventually.TrueAsync(async () => await letters.CountAsync() == 1);

        (await letters.RedriveAllAsync()).Should().Be(1);

        await inbox.HasAsync(new Note("again"));
        (await letters.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Messages_that_are_published_together_reach_the_channel()
    {
        var server = await StartServerAsync();
        await using var bus = await ConnectAsync(server, sharded: false);
        var inbox = new Inbox();
        await using var subscription = await bus.SubscribeAsync<Note>("notes", inbox.HandleAsync);

        for (var round = 0; round < 3; round++)
        {
            await bus.PublishManyAsync("notes", Enumerable.Range(round * 100, 100).Select(number => new Note("many", number)));
        }

        await inbox.HasAsync(300);
    }

    [Fact]
    public async Task A_right_that_is_missing_is_told_with_the_prefix()
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        await admin.ExecuteAsync("ACL", "SETUSER", "worker", "on", ">secret", "~*", "+@all", "resetchannels");
        var connection = server.ConnectionString + ",user=worker,password=secret" + Prefixed;
        await using var bus = await RedisMessageBus.ConnectAsync(connection, messaging => Configure(messaging).AddPubSub<Note>("notes").AddPubSub<Sum>("sums", options => options.Key = "exact"));

        var publishing = async () => await bus.PublishAsync(new Note("refused"));
        var exact = async () => await bus.PublishAsync(new Sum(1));
        var subscribing = async () => await bus.SubscribeAsync<Note>("notes", (_, _, _) => ValueTask.CompletedTask);

        (await publishing.Should().ThrowAsync<PublishRefusedException>()).WithMessage(@"*&app\[1\]:shop:notes*");
        (await exact.Should().ThrowAsync<PublishRefusedException>()).WithMessage(@"*&app\[1\]:exact*");
        (await subscribing.Should().ThrowAsync<RedisMessagingConfigurationException>()).WithMessage(@"*&app\[1\]:shop:notes*");
    }

    [Theory]
    [InlineData("", "__keyspace@0__:*")]
    [InlineData("", "__keyspace@*__:*")]
    [InlineData(Prefixed, "__keyspace@0__:*")]
    [InlineData(Prefixed, "__keyspace@*__:*")]
    public async Task Notifications_of_keys_come_through_a_raw_family(string prefix, string family)
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        await admin.ExecuteAsync("CONFIG", "SET", "notify-keyspace-events", "KEA");
        await using var bus = await RedisMessageBus.ConnectAsync(
            server.ConnectionString + prefix,
            messaging => Configure(messaging).AddPubSub<string>(family, options => options.Format = MessageFormat.Raw));
        var received = new System.Collections.Concurrent.ConcurrentQueue<(string Channel, string Event)>();
        await using var subscription = await bus.SubscribeAsync<string>(family, (what, context, _) =>
        {
            received.Enqueue((context.Channel, what));
            return ValueTask.CompletedTask;
        });

        await admin.StringSetAsync("user:{1}: 서연*", "value");
        await admin.KeyDeleteAsync("user:{1}: 서연*");

        await Eventually.TrueAsync(() => received.Count >= 2);
        received.Should().Equal(("__keyspace@0__:user:{1}: 서연*", "set"), ("__keyspace@0__:user:{1}: 서연*", "del"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(Prefixed)]
    public async Task Notifications_of_an_event_come_through_a_raw_topic(string prefix)
    {
        const string topic = "__keyevent@0__:expired";
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        await admin.ExecuteAsync("CONFIG", "SET", "notify-keyspace-events", "KEA");
        await using var bus = await RedisMessageBus.ConnectAsync(
            server.ConnectionString + prefix,
            messaging => Configure(messaging).AddPubSub<string>(topic, options => options.Format = MessageFormat.Raw));
        var received = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var subscription = await bus.SubscribeAsync<string>(topic, (key, _, _) =>
        {
            received.Enqueue(key);
            return ValueTask.CompletedTask;
        });

        await admin.StringSetAsync("session:7", "value", TimeSpan.FromMilliseconds(20));

        await Eventually.TrueAsync(() => received.Contains("session:7"));
    }

    private static RedisMessagingBuilder Configure(RedisMessagingBuilder messaging)
    {
        messaging.KeyPrefix = "shop:";
        messaging.UseJson(ContractJson.Default);
        return messaging;
    }

    private static ValueTask<RedisMessageBus> ConnectAsync(OwnRedisServer server, bool sharded) => RedisMessageBus.ConnectAsync(
        server.ConnectionString + Prefixed,
        messaging => Configure(messaging).AddPubSub<Note>("notes", options => (options.Sharded, options.KeepDeadLetters) = (sharded, true)));
}
