using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>Who gets what, how often, in which order.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task What_was_published_before_anybody_subscribed_arrives()
    {
        var publisher = await ConnectAsync();
        await publisher.PublishManyAsync(Notes(10));
        await publisher.DisposeAsync();

        var inbox = new Inbox();
        var subscriber = await ConnectAsync();
        await subscriber.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await inbox.HasAsync(10);
        inbox.Numbers.Should().Equal(Enumerable.Range(0, 10));
    }

    [ContractFact]
    public async Task Concurrent_publishers_and_subscribers_miss_nothing_and_double_nothing()
    {
        const int publishers = 4;
        const int each = 250;
        var inboxes = new[] { new Inbox(), new Inbox(), new Inbox() };
        var first = await ConnectAsync();
        var second = await ConnectAsync();
        var subscriptions = new List<IMessageSubscription>
        {
            await first.SubscribeAsync<Note>(Topic, inboxes[0].HandleAsync, new SubscribeOptions { Concurrency = 4 }),
            await first.SubscribeAsync<Note>(Topic, inboxes[1].HandleAsync),
            await second.SubscribeAsync<Note>(Topic, inboxes[2].HandleAsync, new SubscribeOptions { Concurrency = 4, Prefetch = 10 }),
        };

        await Task.WhenAll(Enumerable.Range(0, publishers).Select(async publisher =>
        {
            foreach (var note in Notes(each, first: publisher * each))
            {
                await (publisher % 2 == 0 ? first : second).PublishAsync(note);
            }
        }));

        var all = Enumerable.Range(0, publishers * each);
        if (Fixture.Capabilities.CompetingConsumers)
        {
            await Eventually.TrueAsync(() => inboxes.Sum(inbox => inbox.Count) >= publishers * each);
            await StopAsync(subscriptions);
            inboxes.SelectMany(inbox => inbox.Numbers).Order().Should().Equal(all);
            await NothingIsLeftAsync();
        }
        else
        {
            foreach (var inbox in inboxes)
            {
                await inbox.HasAsync(publishers * each);
            }

            await StopAsync(subscriptions);
            inboxes.Should().AllSatisfy(inbox => inbox.Numbers.Order().Should().Equal(all));
        }
    }

    [ContractFact]
    public async Task Two_topics_do_not_mix()
    {
        const string other = "other-notes";
        void AddOther(RedisMessagingBuilder messaging) => Fixture.AddTopic(messaging, other, options => options.Carries<Note>(), null);
        var here = new Inbox();
        var there = new Inbox();
        var bus = await ConnectAsync(AddOther);
        await bus.SubscribeAsync<Note>(Topic, here.HandleAsync);
        await bus.SubscribeAsync<Note>(other, there.HandleAsync);

        foreach (var note in Notes(50))
        {
            await bus.PublishToAsync(note.Number % 2 == 0 ? Topic : other, note);
        }

        await here.HasAsync(25);
        await there.HasAsync(25);
        here.Numbers.Should().OnlyContain(number => number % 2 == 0).And.HaveCount(25);
        there.Numbers.Should().OnlyContain(number => number % 2 == 1).And.HaveCount(25);
        here.Contexts.Should().OnlyContain(context => context.Topic == Topic && context.Channel == Topic);
    }

    [ContractFact]
    public async Task One_consumer_gets_messages_in_the_order_they_were_published()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        foreach (var note in Notes(100))
        {
            await bus.PublishAsync(note);
        }

        await bus.PublishManyAsync(Notes(1000, first: 100));

        await inbox.HasAsync(1100);
        inbox.Numbers.Should().Equal(Enumerable.Range(0, 1100));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Groups))]
    public async Task Every_group_gets_every_message()
    {
        var inboxes = new[] { new Inbox(), new Inbox() };
        var first = await ConnectAsync();
        var second = await ConnectAsync();
        await first.SubscribeAsync<Note>(Topic, inboxes[0].HandleAsync, new SubscribeOptions { Group = "billing" });
        await second.SubscribeAsync<Note>(Topic, inboxes[1].HandleAsync, new SubscribeOptions { Group = "shipping" });

        await first.PublishManyAsync(Notes(20));

        foreach (var inbox in inboxes)
        {
            await inbox.HasAsync(20);
            inbox.Numbers.Should().Equal(Enumerable.Range(0, 20));
        }

        inboxes[0].Contexts.Should().OnlyContain(context => context.Group == "billing");
        inboxes[1].Contexts.Should().OnlyContain(context => context.Group == "shipping");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.CompetingConsumers))]
    public async Task Consumers_of_one_group_share_the_messages()
    {
        // Each consumer waits with its first message until the other one has one, too: sharing is proved, not hoped for.
        var inboxes = new[] { new Inbox(), new Inbox() };
        var busy = new[] { new TaskCompletionSource(), new TaskCompletionSource() };
        var subscriptions = new List<IMessageSubscription>();
        for (var i = 0; i < 2; i++)
        {
            var (inbox, mine, other) = (inboxes[i], busy[i], busy[1 - i]);
            subscriptions.Add(await (await ConnectAsync()).SubscribeAsync<Note>(
                Topic,
                async (note, context, token) =>
                {
                    mine.TrySetResult();
                    await other.Task.WaitAsync(token);
                    await inbox.HandleAsync(note, context, token);
                },
                OneAtATime()));
        }

        var publisher = await ConnectAsync();
        await publisher.PublishManyAsync(Notes(100));

        await Eventually.TrueAsync(() => inboxes.Sum(inbox => inbox.Count) >= 100);
        await StopAsync(subscriptions);
        inboxes.SelectMany(inbox => inbox.Numbers).Order().Should().Equal(Enumerable.Range(0, 100));
        inboxes.Should().OnlyContain(inbox => inbox.Count > 0);
        await NothingIsLeftAsync();
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Broadcast))]
    public async Task With_broadcast_every_process_gets_every_message()
    {
        var inboxes = new[] { new Inbox(), new Inbox(), new Inbox() };
        var publisher = await ConnectAsync();
        foreach (var inbox in inboxes)
        {
            await (await ConnectAsync()).SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Broadcast = true });
        }

        await publisher.PublishManyAsync(Notes(20));

        foreach (var inbox in inboxes)
        {
            await inbox.HasAsync(20);
            inbox.Numbers.Should().Equal(Enumerable.Range(0, 20));
        }
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Broadcast))]
    public async Task A_broadcast_subscriber_gets_only_what_is_new()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.PublishAsync(new Note("old"));

        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Broadcast = true });
        await bus.PublishAsync(new Note("new"));

        await inbox.HasAsync(1);
        inbox.Notes.Should().Equal(new Note("new"));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Broadcast))]
    public async Task A_subscription_is_live_when_the_call_returns()
    {
        var publisher = await ConnectAsync();
        var subscriber = await ConnectAsync();
        await publisher.PublishAsync(new Note("warms the connection"));
        foreach (var note in Notes(100))
        {
            var inbox = new Inbox();
            var subscription = await subscriber.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Broadcast = true });

            await publisher.PublishAsync(note);

            await inbox.HasAsync(note);
            await StopAsync([subscription]);
        }
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task A_new_group_gets_old_messages()
    {
        var early = new Inbox();
        var late = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, early.HandleAsync, new SubscribeOptions { Group = "early" });
        await bus.PublishManyAsync(Notes(10));
        await early.HasAsync(10);

        await bus.SubscribeAsync<Note>(Topic, late.HandleAsync, new SubscribeOptions { Group = "late" });

        await late.HasAsync(10);
        late.Numbers.Should().Equal(Enumerable.Range(0, 10));
        early.Count.Should().Be(10);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task A_new_group_may_start_with_what_is_new()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.PublishAsync(new Note("old"));

        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, new SubscribeOptions { Group = "late", StartAt = StartPosition.New });
        await bus.PublishAsync(new Note("new"));

        await inbox.HasAsync(1);
        inbox.Notes.Should().Equal(new Note("new"));
    }

    [ContractFact(Without = nameof(TransportCapabilities.Durable))]
    public async Task Publishing_tells_how_many_deliveries_there_were()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        var other = await ConnectAsync();
        (await bus.PublishAsync(new Note("nobody"))).Receivers.Should().Be(0);

        await using (await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync))
        {
            (await bus.PublishAsync(new Note("one process"))).Receivers.Should().Be(1);
            await other.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
            (await bus.PublishManyAsync(Notes(2))).Should().OnlyContain(result => result.Receivers == 2);
        }

        (await bus.PublishAsync(new Note("one left"))).Receivers.Should().Be(1);
    }

    [ContractFact(Without = nameof(TransportCapabilities.Durable))]
    public async Task Publishing_in_the_background_arrives_in_order()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        foreach (var note in Notes(500))
        {
            bus.TryPublish(note).Should().BeTrue();
        }

        await inbox.HasAsync(500);
        inbox.Numbers.Should().Equal(Enumerable.Range(0, 500));
    }

    [ContractFact(Without = nameof(TransportCapabilities.Durable))]
    public async Task Publishing_in_the_background_to_channels_of_a_pattern_arrives_in_order()
    {
        var channels = new ConcurrentQueue<string>();
        var inbox = new Inbox();
        var bus = await ConnectAsync(AddNews);
        await bus.SubscribeAsync<Note>("news:*", (note, context, cancellationToken) =>
        {
            channels.Enqueue(context.Channel);
            return inbox.HandleAsync(note, context, cancellationToken);
        });

        foreach (var note in Notes(100))
        {
            bus.TryPublishTo("news:sport", note).Should().BeTrue();
        }

        bus.TryPublishTo("news:weather", new Note("rain", 100)).Should().BeTrue();
        await inbox.HasAsync(101);
        inbox.Numbers.Should().Equal(Enumerable.Range(0, 101));
        channels.Should().Equal([.. Enumerable.Repeat("news:sport", 100), "news:weather"]);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task Publishing_in_the_background_is_refused_where_everything_is_stored()
    {
        var bus = await ConnectAsync();

        bus.Invoking(publisher => publisher.TryPublish(new Note("kept"))).Should().Throw<RedisMessagingConfigurationException>().WithMessage($"*{Topic}*{nameof(IMessageBus.PublishAsync)}*");
    }

    [ContractFact(Without = nameof(TransportCapabilities.Durable))]
    public async Task A_pattern_gets_every_channel_it_matches()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync(AddNews);
        await bus.SubscribeAsync<Note>("news:*", inbox.HandleAsync);

        await bus.PublishToAsync("news:sport", new Note("goal"));
        await bus.PublishToAsync(Topic, new Note("elsewhere"));
        await bus.PublishToAsync("news:weather:today", new Note("rain"));

        await inbox.HasAsync(2);
        inbox.Notes.Should().Equal(new Note("goal"), new Note("rain"));
        inbox.Contexts.Select(context => context.Channel).Should().Equal("news:sport", "news:weather:today");
        inbox.Contexts.Should().OnlyContain(context => context.Topic == "news:*");
    }

    [ContractFact(Without = nameof(TransportCapabilities.Durable))]
    public async Task A_literal_channel_and_a_pattern_that_matches_it_both_get_the_message()
    {
        var literal = new Inbox();
        var pattern = new Inbox();
        var bus = await ConnectAsync(AddNews);
        await bus.SubscribeAsync<Note>("news:sport", literal.HandleAsync);
        await bus.SubscribeAsync<Note>("news:*", pattern.HandleAsync);

        var result = await bus.PublishToAsync("news:sport", new Note("goal"));
        await bus.PublishToAsync("news:weather", new Note("rain"));

        await literal.HasAsync(1);
        await pattern.HasAsync(2);
        result.Receivers.Should().Be(2);
        literal.Notes.Should().Equal(new Note("goal"));
        pattern.Notes.Should().Equal(new Note("goal"), new Note("rain"));
    }

    private static void AddNews(RedisMessagingBuilder messaging) => messaging.AddPubSub<Note>("news:*");

    private static async Task StopAsync(IEnumerable<IMessageSubscription> subscriptions)
    {
        foreach (var subscription in subscriptions)
        {
            await Eventually.EndsAsync(subscription.DisposeAsync().AsTask());
        }
    }

    /// <summary>Whoever consumes next in the group gets the next message and none of the old ones again.</summary>
    private async Task NothingIsLeftAsync()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await bus.PublishAsync(new Note("the next"));
        await inbox.HasAsync(new Note("the next"));
        inbox.Notes.Should().Equal(new Note("the next"));
    }
}
