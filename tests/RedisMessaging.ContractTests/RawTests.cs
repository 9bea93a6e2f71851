using System.Collections.Concurrent;
using System.Globalization;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.ContractTests;

/// <summary>Topics that are shared with programs which know nothing of this library; redis-cli is one of them.</summary>
public sealed class RawTests(ITestOutputHelper output) : StartUpTest(output)
{
    private const string Payments = "payments";

    private readonly ConcurrentQueue<(Payment Payment, MessageContext Context)> _handled = new();
    private readonly string _key = $"shared:{Guid.NewGuid():N}";
    private RedisServer? _server;

    public static TheoryData<TransportKind> Durable => [TransportKind.Queue, TransportKind.Stream];

    private RedisServer Server => _server ?? throw new InvalidOperationException("There is no server.");

    [RedisCliFact]
    public async Task On_PubSub_the_value_is_the_body_both_ways()
    {
        var bus = await StartAsync(TransportKind.PubSub, handle: true);
        await using var subscriber = await RedisCli.StartAsync(Server, "SUBSCRIBE", _key);
        await using var pattern = await RedisCli.StartAsync(Server, "PSUBSCRIBE", _key[..^4] + "*");
        await subscriber.HasAsync("subscribe");
        await pattern.HasAsync("psubscribe");

        (await bus.PublishAsync(new Payment(1, 10.50m, "서연"))).Receivers.Should().Be(3, "of the three one is this process");

        const string body = """{"user_id":1,"amount":10.50,"note":"서연"}""";
        await subscriber.HasAsync(body);
        await pattern.HasAsync(body);
        (await RedisCli.RunAsync(Server, "PUBLISH", _key, """{"user_id":2,"amount":20}""")).Should().Be("3");
        await HandledAsync(new Payment(1, 10.50m, "서연"), new Payment(2, 20));
        _handled.Select(handled => handled.Context.MessageId).Should().OnlyHaveUniqueItems();
        _handled.Should().OnlyContain(handled => handled.Context.Channel == Payments && handled.Context.Headers.Count == 0 && handled.Context.Source == null);
        var subscribers = await bus.Topic(Payments).AsPubSub().CountSubscribersAsync();
        subscribers.Channels.Should().BeEquivalentTo(new Dictionary<string, long> { [Payments] = 2 });
        subscribers.Patterns.Should().BeGreaterThanOrEqualTo(1, "other tests share the server");
    }

    [RedisCliFact]
    public async Task On_a_queue_redis_cli_takes_what_is_published()
    {
        var bus = await StartAsync(TransportKind.Queue);

        await bus.PublishAsync(new Payment(1, 10));
        await bus.PublishManyAsync([new Payment(2, 20), new Payment(3, 30)]);

        (await RedisCli.RunAsync(Server, "BRPOP", _key, "5")).Should().Be($"{_key}\n{{\"user_id\":1,\"amount\":10,\"note\":null}}");
        (await RedisCli.RunAsync(Server, "LRANGE", _key, "0", "-1")).Should().Be("{\"user_id\":3,\"amount\":30,\"note\":null}\n{\"user_id\":2,\"amount\":20,\"note\":null}");
    }

    [RedisCliFact]
    public async Task On_a_queue_a_handler_takes_what_redis_cli_pushed_at_either_end()
    {
        // One is there before the bus is: a list that others made is used as it is.
        _server = await RedisServer.SharedAsync();
        await RedisCli.RunAsync(Server, "LPUSH", _key, """{"user_id":1,"amount":"10"}""");
        var before = TimeProvider.System.GetUtcNow();
        var bus = await StartAsync(TransportKind.Queue, handle: true);
        await HandledAsync(new Payment(1, 10));

        await RedisCli.RunAsync(Server, "LPUSH", _key, """{"user_id":2,"amount":20}""");
        await RedisCli.RunAsync(Server, "RPUSH", _key, """{"user_id":3,"amount":30}""");
        await RedisCli.RunAsync(Server, "RPUSH", _key, """{"user_id":3,"amount":30}""");
        await bus.PublishAsync(new Payment(4, 40));

        await HandledAsync(new Payment(1, 10), new Payment(2, 20), new Payment(3, 30), new Payment(3, 30), new Payment(4, 40));
        var ids = _handled.Select(handled => handled.Context.MessageId).ToList();
        ids.Distinct().Should().HaveCount(4, "equal bodies share their id");
        _handled.Should().OnlyContain(handled => handled.Context.PublishedAt >= before.AddSeconds(-1) && handled.Context.Position == null);
    }

    [RedisCliFact]
    public async Task On_a_stream_the_fields_are_the_properties_both_ways()
    {
        _server = await RedisServer.SharedAsync();
        var first = await RedisCli.RunAsync(Server, "XADD", _key, "*", "user_id", "1", "amount", "10", "unknown", "field");
        var bus = await StartAsync(TransportKind.Stream, handle: true);
        await HandledAsync(new Payment(1, 10));
        var second = await RedisCli.RunAsync(Server, "XADD", _key, "*", "user_id", "2", "amount", "20.5", "note", "서연");
        await HandledAsync(new Payment(1, 10), new Payment(2, 20.5m, "서연"));

        var third = await bus.PublishAsync(new Payment(3, 12345678901234567890.125m));

        await HandledAsync(new Payment(1, 10), new Payment(2, 20.5m, "서연"), new Payment(3, 12345678901234567890.125m));
        _handled.Select(handled => handled.Context.MessageId).Should().Equal(first, second, third.Position);
        _handled.Should().OnlyContain(handled => handled.Context.PublishedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) == handled.Context.Position!.Split('-', 2)[0]);
        (await RedisCli.RunAsync(Server, "XRANGE", _key, third.Position!, third.Position!)).Should().Be($"{third.Position}\nuser_id\n3\namount\n12345678901234567890.125");
        var history = new List<Payment>();
        await foreach (var entry in bus.Topic(Payments).AsStream().ReadHistoryAsync<Payment>())
        {
            history.Add(entry.Message!);
        }

        history.Should().Equal(_handled.Select(handled => handled.Payment));
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task What_is_published_with_a_delay_or_an_id_stands_there_as_all_else(TransportKind kind)
    {
        var bus = await StartAsync(kind);

        (await bus.PublishAsync(new Payment(1, 10), new PublishOptions { MessageId = "one" })).Duplicate.Should().BeFalse();
        (await bus.PublishAsync(new Payment(1, 10), new PublishOptions { MessageId = "one" })).Duplicate.Should().BeTrue();
        var delayed = await bus.PublishAsync(new Payment(2, 20), new PublishOptions { Delay = TimeSpan.FromMilliseconds(300) });
        await bus.PublishAsync(new Payment(2, 20), new PublishOptions { Delay = TimeSpan.FromMilliseconds(300) });

        var waiting = (await bus.Topic(Payments).Scheduled.PeekAsync()).Should().HaveCount(2).And.Subject.First(message => message.MessageId == delayed.MessageId);
        System.Text.Encoding.UTF8.GetString(waiting.Body.Span).Should().Be(kind == TransportKind.Queue ? """{"user_id":2,"amount":20,"note":null}""" : """{"user_id":"2","amount":"20"}""");
        await Eventually.TrueAsync(async () => await CountAsync(kind) == 3, what: "all are there");
        var read = await AllAsync(kind);
        read.Should().Be(kind == TransportKind.Queue
            ? "{\"user_id\":2,\"amount\":20,\"note\":null}\n{\"user_id\":2,\"amount\":20,\"note\":null}\n{\"user_id\":1,\"amount\":10,\"note\":null}"
            : "user_id\n1\namount\n10\nuser_id\n2\namount\n20\nuser_id\n2\namount\n20");
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task What_fails_is_tried_again_kept_aside_and_redriven_and_others_see_only_messages(TransportKind kind)
    {
        var attempts = new ConcurrentQueue<(string Id, int Attempt)>();
        var mayPass = false;
        var bus = await StartAsync(kind);
        var subscription = await SubscribeAsync(bus, (payment, context) =>
        {
            attempts.Enqueue((context.MessageId, context.Attempt));
            if (!mayPass)
            {
                throw new InvalidOperationException("not now");
            }

            _handled.Enqueue((payment, context));
        });

        await bus.PublishAsync(new Payment(1, 10));
        var letters = bus.Topic(Payments).DeadLetters;
        await Eventually.TrueAsync(async () => await letters.CountAsync() == 1, what: "it is kept aside");

        attempts.Select(attempt => attempt.Attempt).Should().Equal(1, 2, 3);
        attempts.Select(attempt => attempt.Id).Distinct().Should().ContainSingle();
        var letter = (await letters.PeekAsync()).Single();
        (letter.Attempts, letter.MessageId, letter.Type).Should().Be((3, attempts.First().Id, "payment"));
        System.Text.Encoding.UTF8.GetString(letter.Body.Span).Should().Be(kind == TransportKind.Queue ? """{"user_id":1,"amount":10,"note":null}""" : """{"user_id":"1","amount":"10"}""");

        mayPass = true;
        (await letters.RedriveAllAsync()).Should().Be(1);
        await HandledAsync(new Payment(1, 10));
        (_handled.Single().Context.MessageId, _handled.Single().Context.Attempt).Should().Be((attempts.First().Id, 1));

        // It fails once, and nobody of ours is there when it comes back.
        mayPass = false;
        if (kind == TransportKind.Queue)
        {
            await bus.PublishAsync(new Payment(2, 20));
            await Eventually.TrueAsync(() => attempts.Count == 5);
            await subscription.DisposeAsync();
            await Eventually.TrueAsync(async () => await CountAsync(kind) == 1, what: "it is back in the list");
            (await RedisCli.RunAsync(Server, "LRANGE", _key, "0", "-1")).Should().Be("""{"user_id":2,"amount":20,"note":null}""", "nothing but messages stands in a list that others use");

            mayPass = true;
            await SubscribeAsync(bus, (payment, context) => _handled.Enqueue((payment, context)));
            await HandledAsync(new Payment(1, 10), new Payment(2, 20));
            _handled.Last().Context.Attempt.Should().Be(2, "the attempt before is remembered beside the list");
            (await RedisReply.ToAsync(Endpoint, "EXISTS", $"{{{_key}}}:queue:attempts")).Should().Be("0");
        }
    }

    [RedisCliFact]
    public async Task What_a_dead_consumer_of_a_shared_list_held_comes_back_clean_and_marked_beside_it()
    {
        _server = await RedisServer.SharedAsync();
        await using var transport = new OpenTransport(Server.ConnectionString, _key + ":", TransportKind.Queue, options =>
        {
            options.Format = MessageFormat.Raw;
            ((QueueOptions)options).Lease = TimeSpan.FromSeconds(1);
        }, Log);
        var list = transport.Keys["queue"].ToString();
        // One of them looks like a message with a mark of ours.
        string[] sent = ["plain", "plain", "rm~7\nlooks marked", "last"];
        await transport.SendAsync(sent);
        var dead = await transport.OpenAsync();
        (await dead.ReceiveAsync(4)).Select(delivery => delivery.Text()).Should().Equal(sent);

        // Its lease ends while it lives, and it holds nothing any more: as good as dead to the others.
        await using var heir = await transport.OpenAsync();
        await Eventually.TrueAsync(async () =>
        {
            await Task.Delay(200);
            return await transport.Database.SortedSetScoreAsync(transport.Keys["queue:consumers"], "consumer-1") is { } seen
                && seen < (await SecondsAsync()) * 1000 - 1500;
        });
        var again = await heir.ReceiveAsync(4);
        again.Select(delivery => delivery.Text()).Should().Equal(sent);
        again.Should().OnlyContain(delivery => delivery.Redelivered && delivery.Starts == 0);
        await heir.SettleAsync(again.Select(delivery => new Settlement(delivery, SettlementKind.Retry, Starts: 2)).ToArray(), CancellationToken.None);
        (await RedisCli.RunAsync(Server, "LRANGE", list, "0", "-1")).Should().Be("last\nrm~7\nlooks marked\nplain\nplain");

        // Another program takes one of two equal ones; the other keeps its attempts.
        (await RedisCli.RunAsync(Server, "RPOP", list)).Should().Be("plain");
        var third = await heir.ReceiveAsync(3);
        third.Select(delivery => (delivery.Text(), delivery.Starts, delivery.Redelivered)).Should().Equal(("plain", 2, false), ("rm~7\nlooks marked", 2, false), ("last", 2, false));
    }

    [Fact]
    public async Task An_entry_that_is_reclaimed_comes_whole()
    {
        var bus = await StartAsync(TransportKind.Stream);
        await PushAsync(TransportKind.Stream, 1);
        await using var hanging = bus.ReadAsync<Payment>(Payments, new SubscribeOptions { Group = "work", Prefetch = 1 }).GetAsyncEnumerator();
        (await hanging.MoveNextAsync()).Should().BeTrue();

        (await bus.Topic(Payments).AsStream().Groups.ReclaimAsync("work", [hanging.Current.Position!])).Should().Be(1);

        await using var next = bus.ReadAsync<Payment>(Payments, new SubscribeOptions { Group = "work" }).GetAsyncEnumerator();
        (await Eventually.EndsAsync(next.MoveNextAsync().AsTask())).Should().BeTrue();
        (next.Current.Message, next.Current.MessageId).Should().Be((hanging.Current.Message, hanging.Current.MessageId));
        (await hanging.Current.AckAsync()).Should().BeFalse("somebody else has it");
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task After_a_restart_of_the_server_everything_goes_on(TransportKind kind)
    {
        var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Own(server);
        _server = server;
        var restarted = false;
        var bus = await StartAsync(kind);
        await SubscribeAsync(bus, (payment, context) =>
        {
            if (!restarted)
            {
                throw new InvalidOperationException("not before the restart");
            }

            _handled.Enqueue((payment, context));
        }, maxAttempts: 1_000);
        await PushAsync(kind, 1);
        await bus.PublishAsync(new Payment(2, 2));
        await bus.PublishAsync(new Payment(3, 3), new PublishOptions { Delay = TimeSpan.FromSeconds(1) });

        await server.RestartAsync();
        restarted = true;
        await PushAsync(kind, 4);
        await bus.PublishAsync(new Payment(5, 5));

        await Eventually.TrueAsync(() => _handled.Select(handled => handled.Payment.UserId).Distinct().Count() == 5, what: $"all are handled; {string.Join(", ", _handled.Select(handled => handled.Payment.UserId))}");
    }

    [Theory]
    [InlineData(TransportKind.Queue, "orders-of-all")]
    [InlineData(TransportKind.Queue, "{shop}:orders")]
    [InlineData(TransportKind.Queue, "eu:{shop}:orders:{1}")]
    [InlineData(TransportKind.Stream, "orders-of-all")]
    [InlineData(TransportKind.Stream, "{shop}:orders")]
    public async Task In_a_cluster_what_stands_beside_an_exact_key_is_in_its_slot(TransportKind kind, string key)
    {
        var cluster = await SharedCluster.GetAsync();
        var bus = await RedisMessageBus.ConnectAsync(
            cluster.ConnectionString,
            messaging =>
            {
                messaging.KeyPrefix = $"{Guid.NewGuid():N}:";
                messaging.UseJson(ContractJson.Default);
                messaging.AddTopic<Note>(Topic, kind, options => options.Key = key + kind);
            },
            Log);
        Own(bus);
        var attempts = 0;
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, (note, context, token) => attempts++ == 0 ? throw new InvalidOperationException("once") : inbox.HandleAsync(note, context, token), new SubscribeOptions { InboxWindow = TimeSpan.FromMinutes(1) });

        await bus.PublishAsync(new Note("delayed"), new PublishOptions { Delay = TimeSpan.FromMilliseconds(50), MessageId = Guid.NewGuid().ToString() });

        await inbox.HasAsync(1);
        inbox.Contexts.Single().Attempt.Should().Be(2);
    }

    [Fact]
    public async Task A_channel_may_have_a_hash_tag_and_nothing_of_the_prefix()
    {
        _server = await RedisServer.SharedAsync();
        var channel = $"{{{_key}}}:prices";
        var inbox = new Inbox();
        var bus = await StartAsync(Server.ConnectionString, TransportKind.PubSub, messaging => messaging.AddPubSub<Alarm>("prices", options => options.Key = channel));
        var got = new TaskCompletionSource<string>();
        await using var subscription = await bus.SubscribeAsync<Alarm>("prices", (alarm, context, _) =>
        {
            got.TrySetResult($"{context.Channel} {alarm.Where}");
            return ValueTask.CompletedTask;
        });

        (await RedisReply.ToAsync(Endpoint, "PUBSUB", "NUMSUB", channel)).Should().Be($"{channel}\n1");
        (await bus.PublishAsync(new Alarm("here"))).Receivers.Should().Be(1);

        (await Eventually.EndsAsync(got.Task)).Should().Be("prices here");
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task What_a_raw_topic_can_not_carry_is_refused_by_name(TransportKind kind)
    {
        var bus = await StartAsync(kind);
        foreach (var (options, name) in new[]
        {
            (new PublishOptions { Headers = new Dictionary<string, string> { ["tenant"] = "acme" } }, "Headers"),
            (new PublishOptions { CorrelationId = "1" }, "CorrelationId"),
            (new PublishOptions { Key = "1" }, "Key"),
            (new PublishOptions { TimeToLive = TimeSpan.FromSeconds(1) }, "TimeToLive"),
        })
        {
            (await bus.Invoking(publisher => publisher.PublishAsync(new Payment(1, 1), options).AsTask()).Should().ThrowAsync<PublishRefusedException>()).WithMessage($"*{name}*Raw*Envelope*");
        }

        (await CountAsync(kind)).Should().Be(0);
    }

    [Fact]
    public async Task A_key_of_another_type_is_refused_and_so_is_what_can_not_be_read_kept_aside()
    {
        _server = await RedisServer.SharedAsync();
        await RedisReply.ToAsync(Endpoint, "SET", _key, "something else");
        await IsRefusedAsync(() => StartAsync(TransportKind.Stream), $"*{_key}*holds a string*stream*");

        await RedisReply.ToAsync(Endpoint, "DEL", _key);
        var bus = await StartAsync(TransportKind.Stream, handle: true);
        await RedisReply.ToAsync(Endpoint, "XADD", _key, "*", "user_id", "many", "amount", "1");
        await RedisReply.ToAsync(Endpoint, "XADD", _key, "*", "user_id", "1", "amount", "1");

        await HandledAsync(new Payment(1, 1));
        var letters = bus.Topic(Payments).DeadLetters;
        await Eventually.TrueAsync(async () => await letters.CountAsync() > 0, what: "the other one is a dead letter");
        var letter = (await letters.PeekAsync()).Should().ContainSingle().Subject;
        (letter.Reason, System.Text.Encoding.UTF8.GetString(letter.Body.Span)).Should().Be(("undecodable", """{"user_id":"many","amount":"1"}"""));
        letter.Detail.Should().Contain("user_id");
    }

    private string Endpoint => Server.ConnectionString.Split(',')[0].Replace("localhost", "127.0.0.1", StringComparison.Ordinal);

    private async Task<long> SecondsAsync() => long.Parse((await RedisReply.ToAsync(Endpoint, "TIME")).Split('\n')[0], CultureInfo.InvariantCulture);

    private async Task<RedisMessageBus> StartAsync(TransportKind kind, bool handle = false)
    {
        _server ??= await RedisServer.SharedAsync();
        var bus = await RedisMessageBus.ConnectAsync(
            Server.ConnectionString,
            messaging =>
            {
                messaging.KeyPrefix = "ignored:";
                messaging.Application = "contract";
                messaging.UseJson(ContractJson.Default);
                messaging.AddTopic<Payment>(Payments, kind, options =>
                {
                    options.Key = _key;
                    options.Format = MessageFormat.Raw;
                });
            },
            Log);
        Own(bus);
        if (handle)
        {
            await SubscribeAsync(bus, (payment, context) => _handled.Enqueue((payment, context)));
        }

        return bus;
    }

    private static async Task<IMessageSubscription> SubscribeAsync(RedisMessageBus bus, Action<Payment, MessageContext> handle, int maxAttempts = 3) => await bus.SubscribeAsync<Payment>(
        Payments,
        (payment, context, _) =>
        {
            handle(payment, context);
            return ValueTask.CompletedTask;
        },
        new SubscribeOptions { Retry = { MaxAttempts = maxAttempts, Delay = TimeSpan.FromMilliseconds(50), MaxDelay = TimeSpan.FromMilliseconds(200) } });

    private async Task HandledAsync(params Payment[] payments)
    {
        await Eventually.TrueAsync(() => _handled.Count >= payments.Length, what: $"{payments.Length} are handled; there are {_handled.Count}");
        _handled.Select(handled => handled.Payment).Should().BeEquivalentTo(payments);
    }

    private Task<string> PushAsync(TransportKind kind, int number) => kind == TransportKind.Queue
        ? RedisReply.ToAsync(Endpoint, "LPUSH", _key, $$"""{"user_id":{{number}},"amount":1}""")
        : RedisReply.ToAsync(Endpoint, "XADD", _key, "*", "user_id", $"{number}", "amount", "1");

    private async Task<long> CountAsync(TransportKind kind) => long.Parse(await RedisReply.ToAsync(Endpoint, kind == TransportKind.Queue ? "LLEN" : "XLEN", _key), CultureInfo.InvariantCulture);

    private async Task<string> AllAsync(TransportKind kind) => kind == TransportKind.Queue
        ? await RedisReply.ToAsync(Endpoint, "LRANGE", _key, "0", "-1")
        : string.Join('\n', (await RedisReply.ToAsync(Endpoint, "XRANGE", _key, "-", "+")).Split('\n').Where(line => !line.Contains('-')));
}
