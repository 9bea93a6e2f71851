using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>A subscription says so when it may have missed messages.</summary>
public sealed class PubSubGapTests(ITestOutputHelper output) : StartUpTest(output)
{
    private const int GapLogged = 10004;
    private const int GapHandlerFailed = 10005;

    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task After_a_restart_of_the_server_it_tells_from_when_until_when(string protocol)
    {
        var topic = $"prices-{protocol}-{Guid.NewGuid():N}";
        using var counted = new Counted("redismessaging.subscription.gaps", topic);
        var server = await StartServerAsync();
        var inbox = new Inbox();
        var bus = await StartAsync($"{server.ConnectionString},protocol={protocol}", TransportKind.PubSub, messaging => messaging.AddPubSub<Note>(topic));
        var byOption = new ConcurrentQueue<SubscriptionGap>();
        var byEvent = new ConcurrentQueue<(object? Sender, SubscriptionGap Gap)>();
        Action<SubscriptionGap> onGap = _ => throw new InvalidOperationException("The user's own mistake.");
        var subscription = await bus.SubscribeAsync<Note>(topic, inbox.HandleAsync, new SubscribeOptions { OnGap = onGap + byOption.Enqueue });
        subscription.Gap += (_, _) => throw new InvalidOperationException("The user's own mistake.");
        subscription.Gap += (sender, gap) => byEvent.Enqueue((sender, gap));

        var before = TimeProvider.System.GetUtcNow();
        await server.KillAsync();
        await Task.Delay(Settle);
        var restarted = TimeProvider.System.GetUtcNow();
        await server.RestartAsync();
        await Eventually.TrueAsync(() => !byEvent.IsEmpty, what: "the gap is told");

        // Live when it is told: what is published from now on arrives, by whomever.
        await using var other = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        (await other.GetSubscriber().PublishAsync(RedisChannel.Literal($"test:{topic}"), "{\"rm\":1,\"id\":\"1\",\"type\":\"note\"}\n{\"text\":\"after\"}")).Should().Be(1);
        await inbox.HasAsync(new Note("after"));
        await Task.Delay(Settle);
        byEvent.Should().ContainSingle().Which.Sender.Should().BeSameAs(subscription);
        var gap = byOption.Should().ContainSingle().Subject;
        gap.Should().Be(byEvent.Single().Gap);
        (gap.Topic, gap.Group, gap.Reason, gap.Missed).Should().Be((topic, "contract", SubscriptionGapReason.ConnectionLost, null));
        gap.Since.Should().BeOnOrAfter(before).And.BeBefore(restarted);
        gap.Until.Should().BeAfter(restarted).And.BeBefore(TimeProvider.System.GetUtcNow());
        counted.Total.Should().Be(1);
        Log.Lines.Where(line => line.Id == GapLogged).Should().ContainSingle().Which.Text.Should().Contain(topic);
        Log.Lines.Count(line => line.Id == GapHandlerFailed).Should().Be(2);
    }

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task Every_killed_connection_is_one_gap_of_every_subscription_on_it(string protocol)
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var bus = await StartAsync($"{server.ConnectionString},protocol={protocol}", TransportKind.PubSub, messaging => messaging.AddPubSub<Alarm>("alarms:*"));
        var notes = new ConcurrentQueue<SubscriptionGap>();
        var alarms = new ConcurrentQueue<SubscriptionGap>();
        var subscription = await bus.SubscribeAsync<Note>(Topic, new Inbox().HandleAsync);
        subscription.Gap += (_, gap) => notes.Enqueue(gap);
        await bus.SubscribeAsync<Alarm>("alarms:*", (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { OnGap = alarms.Enqueue });
        await Task.Delay(Settle);
        notes.Should().BeEmpty("a start is no gap");

        for (var times = 1; times <= 3; times++)
        {
            await admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
            await Eventually.TrueAsync(() => notes.Count == times && alarms.Count == times, what: $"gap {times} is told to both; {notes.Count} and {alarms.Count}");
        }

        await Task.Delay(Settle);
        notes.Should().HaveCount(3).And.OnlyContain(gap => gap.Topic == Topic && gap.Since <= gap.Until && gap.Until - gap.Since < TimeSpan.FromSeconds(20));
        alarms.Should().HaveCount(3).And.OnlyContain(gap => gap.Topic == "alarms:*");
        notes.Select(gap => gap.Since).Should().BeInAscendingOrder();
        await subscription.DisposeAsync();
        await admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await Eventually.TrueAsync(() => alarms.Count == 4);
        notes.Should().HaveCount(3, "what is disposed tells no more");
    }

    [Fact]
    public async Task Handlers_that_are_added_at_start_and_readers_are_told_by_OnGap()
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var handler = new ConcurrentQueue<SubscriptionGap>();
        var reader = new ConcurrentQueue<SubscriptionGap>();
        var bus = await StartAsync(server.ConnectionString, TransportKind.PubSub, messaging => messaging.AddHandler<Note>(new Inbox().HandleAsync, options => options.OnGap = handler.Enqueue));
        await using var messages = bus.ReadAsync<Note>(Topic, new SubscribeOptions { OnGap = reader.Enqueue }).GetAsyncEnumerator();
        var next = messages.MoveNextAsync().AsTask();
        await Eventually.TrueAsync(async () => (long)(await admin.ExecuteAsync("PUBSUB", "NUMSUB", $"test:{Topic}"))[1] == 1);
        await Task.Delay(Settle);

        await admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");

        await Eventually.TrueAsync(() => handler.Count == 1 && reader.Count == 1, what: "both are told");
        await bus.PublishAsync(new Note("after"));
        (await Eventually.EndsAsync(next)).Should().BeTrue();
    }

    [Theory]
    [InlineData(TransportKind.Queue)]
    [InlineData(TransportKind.Stream)]
    public async Task Where_nothing_is_missed_nothing_is_told(TransportKind kind)
    {
        var server = await StartServerAsync();
        var admin = await AdminAsync(server);
        var inbox = new Inbox();
        var gaps = new ConcurrentQueue<SubscriptionGap>();
        var bus = await StartAsync(server.ConnectionString, kind);
        var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { OnGap = gaps.Enqueue });
        subscription.Gap += (_, gap) => gaps.Enqueue(gap);
        await Task.Delay(Settle);

        await admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await bus.PublishAsync(new Note("after"));
                return true;
            }
            catch (RedisMessagingException)
            {
                return false;
            }
        });

        await inbox.HasAsync(new Note("after"));
        await Task.Delay(Settle);
        gaps.Should().BeEmpty();
    }

    /// <summary>Its process stands still on the socket; what the server keeps for it meanwhile is bounded, and then it is cut off.</summary>
    [Theory]
    [InlineData("resp2", false)]
    [InlineData("resp3", true)]
    public async Task A_subscriber_that_does_not_read_is_cut_off_by_the_server_and_told_of_the_gap(string protocol, bool sharded)
    {
        var topic = $"slow-{Guid.NewGuid():N}";
        var server = await StartServerAsync("--client-output-buffer-limit", "pubsub 1mb 0 0");
        var link = FaultProxy.Start(server.ConnectionString);
        Own(link);
        var publisher = await StartAsync(server.ConnectionString, TransportKind.PubSub, AddTopic);
        var slow = await StartAsync($"{link.ConnectionString},protocol={protocol}", TransportKind.PubSub, AddTopic);
        var inbox = new Inbox();
        var gaps = new ConcurrentQueue<SubscriptionGap>();
        await slow.SubscribeAsync<Note>(topic, inbox.HandleAsync, new SubscribeOptions { OnGap = gaps.Enqueue });
        (await publisher.Topic(topic).AsPubSub().CountSubscribersAsync()).Total.Should().Be(1);

        link.Stall(LinkDirection.ToClient);
        var large = new Note(new string('x', 100_000));
        await Eventually.TrueAsync(
            async () =>
            {
                await publisher.PublishToAsync(topic, large);
                return (await publisher.Topic(topic).AsPubSub().CountSubscribersAsync()).Total == 0;
            },
            TimeSpan.FromMinutes(1),
            "the server cuts it off");
        link.Resume(LinkDirection.ToClient);

        await Eventually.TrueAsync(() => !gaps.IsEmpty, TimeSpan.FromMinutes(1), "the gap is told");
        gaps.First().Should().BeEquivalentTo(new { Topic = topic, Reason = SubscriptionGapReason.ConnectionLost });
        await publisher.PublishToAsync(topic, new Note("after"));
        await inbox.HasAsync(new Note("after"));

        void AddTopic(RedisMessagingBuilder messaging) => messaging.AddPubSub<Note>(topic, options => options.Sharded = sharded);
    }

    [Fact]
    public async Task What_a_subscription_buffers_is_shown_while_it_is_there()
    {
        var topic = $"gauge-{Guid.NewGuid():N}";
        using var buffered = new Gauged("redismessaging.subscription.buffered", topic);
        var server = await StartServerAsync();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var bus = await StartAsync(server.ConnectionString, TransportKind.PubSub, messaging => messaging.AddPubSub<Note>(topic));
        var subscription = await bus.SubscribeAsync<Note>(topic, async (_, _, token) => await release.Task.WaitAsync(token), new SubscribeOptions { Prefetch = 1 });
        buffered.Read().Should().Equal(0);

        for (var number = 0; number < 10; number++)
        {
            await bus.PublishToAsync(topic, new Note("waits", number));
        }

        await Eventually.TrueAsync(() => buffered.Read() is [9], what: "one is in the handler's hands, the others are buffered");
        release.SetResult();
        await Eventually.TrueAsync(() => buffered.Read() is [0], what: "all are handled");
        await subscription.DisposeAsync();
        buffered.Read().Should().BeEmpty();
    }

    [Fact]
    public async Task A_full_buffer_is_emptied_and_told_as_a_gap_where_that_was_asked_for()
    {
        var topic = $"flood-{Guid.NewGuid():N}";
        using var dropped = new Counted("redismessaging.messages.dropped", topic);
        var server = await StartServerAsync();
        var inbox = new Inbox();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gaps = new ConcurrentQueue<SubscriptionGap>();
        var bus = await StartAsync(server.ConnectionString, TransportKind.PubSub, messaging => messaging.AddPubSub<Note>(topic, options =>
        {
            options.BufferCapacity = 10;
            options.FullMode = PubSubFullMode.Disconnect;
        }));
        await bus.SubscribeAsync<Note>(
            topic,
            async (note, context, token) =>
            {
                await release.Task.WaitAsync(token);
                await inbox.HandleAsync(note, context, token);
            },
            new SubscribeOptions { Prefetch = 1, OnGap = gaps.Enqueue });
        var before = TimeProvider.System.GetUtcNow();
        Task PublishAsync(int number) => bus.PublishToAsync(topic, new Note("flood", number)).AsTask();
        async Task HeldAsync(int number)
        {
            await PublishAsync(number);
            await Task.Delay(Settle);
        }

        // One is in the handler's hands; ten fill the buffer; the next one empties it and stays.
        await HeldAsync(0);
        for (var number = 1; number <= 11; number++)
        {
            await PublishAsync(number);
        }

        await Eventually.TrueAsync(() => gaps.Count == 1, what: "the gap is told");
        release.SetResult();

        await inbox.HasAsync(2);
        await Task.Delay(Settle);
        inbox.Numbers.Should().Equal(0, 11);
        var gap = gaps.Should().ContainSingle().Subject;
        (gap.Topic, gap.Reason, gap.Missed).Should().Be((topic, SubscriptionGapReason.BufferFull, 10L));
        gap.Since.Should().BeOnOrAfter(before);
        gap.Until.Should().BeOnOrAfter(gap.Since);
        dropped.Total.Should().Be(10);
    }
}
