using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>A message arrives as what it is, whatever the variable was that it was published from.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact]
    public async Task A_message_given_as_its_base_class_interface_or_object_arrives_whole()
    {
        var received = new ConcurrentQueue<Happening>();
        var bus = await ConnectAsync(messaging => messaging.AddHandler(Keep<Happening>(received)).AddHandler(KeepOpenings(received)), CarryBoth);
        Happening one = new Opening("one", "by");
        IHappened two = new Opening("two", "by");

        await bus.PublishAsync(one);
        await bus.PublishAsync(two);
        await bus.PublishAsync((object)new Opening("three", "by"));
        await bus.PublishAsync(one with { What = "four" }, new PublishOptions { Headers = new Dictionary<string, string> { ["a"] = "b" } });
        await bus.PublishToAsync(Topic, (object)new Opening("five", "by"));
        await bus.PublishAsync(new Happening("six"));

        await Eventually.TrueAsync(() => received.Count == 6, what: "all messages");
        received.Select(happening => happening.What).Should().BeEquivalentTo("one", "two", "three", "four", "five", "six");
        received.OfType<Opening>().Should().HaveCount(5).And.OnlyContain(opening => opening.By == "by");
    }

    [ContractFact]
    public async Task Many_messages_given_as_what_they_have_in_common_arrive_whole()
    {
        var received = new ConcurrentQueue<Happening>();
        var bus = await ConnectAsync(messaging => messaging.AddHandler(Keep<Happening>(received)).AddHandler(KeepOpenings(received)), CarryBoth);
        Happening[] happenings = [new Opening("one", "by"), new Happening("two"), new Opening("three", "by")];

        await bus.PublishManyAsync<Happening>(happenings);
        await bus.PublishManyAsync<IHappened>(happenings);
        await bus.PublishManyAsync<object>(happenings);
        await bus.PublishManyAsync(happenings.Select(happening => new OutgoingMessage<Happening>(happening, new PublishOptions { CorrelationId = "c" })));
        await bus.PublishManyAsync(Topic, happenings.Select(happening => new OutgoingMessage<IHappened>(happening)));
        await bus.PublishManyAsync<Happening>(Topic, happenings);

        await Eventually.TrueAsync(() => received.Count == 18, what: "all messages");
        received.OfType<Opening>().Should().HaveCount(12).And.OnlyContain(opening => opening.By == "by");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task A_scheduled_message_given_as_its_base_class_arrives_whole()
    {
        var received = new ConcurrentQueue<Happening>();
        var bus = await ConnectAsync(messaging => messaging.AddHandler(Keep<Happening>(received)).AddHandler(KeepOpenings(received)), CarryBoth);

        await bus.PublishAsync<Happening>(new Opening("later", "by"), new PublishOptions { Delay = TimeSpan.FromMilliseconds(50) });

        await Eventually.TrueAsync(() => !received.IsEmpty, what: "the message");
        received.Should().Equal(new Opening("later", "by"));
    }

    [ContractFact(Without = nameof(TransportCapabilities.Durable))]
    public async Task A_message_handed_to_the_background_arrives_whole()
    {
        var received = new ConcurrentQueue<Happening>();
        var bus = await ConnectAsync(messaging => messaging.AddHandler(Keep<Happening>(received)).AddHandler(KeepOpenings(received)), CarryBoth);

        bus.TryPublish<Happening>(new Opening("one", "by")).Should().BeTrue();
        bus.TryPublish((object)new Opening("two", "by")).Should().BeTrue();
        bus.TryPublishTo<IHappened>(Topic, new Opening("three", "by")).Should().BeTrue();

        await Eventually.TrueAsync(() => received.Count == 3, what: "all messages");
        received.Should().Equal(new Opening("one", "by"), new Opening("two", "by"), new Opening("three", "by"));
    }

    [ContractFact]
    public async Task A_handler_of_an_interface_gets_every_carried_type_that_is_one()
    {
        var received = new ConcurrentQueue<IHappened>();
        var bus = await ConnectAsync(messaging => messaging.AddHandler(Keep<IHappened>(received)), CarryBoth);

        await bus.PublishAsync(new Happening("one"));
        await bus.PublishAsync(new Opening("two", "by"));

        await Eventually.TrueAsync(() => received.Count == 2, what: "both");
        received.Should().BeEquivalentTo(new IHappened[] { new Happening("one"), new Opening("two", "by") }, options => options.RespectingRuntimeTypes());
    }

    [ContractFact]
    public async Task A_type_goes_to_the_handler_that_is_nearest_to_it()
    {
        var (openings, others) = (new ConcurrentQueue<Happening>(), new ConcurrentQueue<object>());
        var bus = await ConnectAsync(messaging => messaging.AddHandler(KeepOpenings(openings)).AddHandler(Keep<object>(others)), CarryBoth);

        await bus.PublishAsync(new Happening("one"));
        await bus.PublishAsync(new Opening("two", "by"));

        await Eventually.TrueAsync(() => openings.Count == 1 && others.Count == 1, what: "one each");
        (openings.Single().What, others.Single()).Should().Be(("two", new Happening("one")));
    }

    [ContractFact]
    public async Task Batches_and_subscriptions_may_be_of_an_interface()
    {
        var batches = new ConcurrentQueue<IHappened>();
        var bus = await ConnectAsync(topic: CarryBoth);
        await bus.SubscribeBatchAsync<IHappened>(Topic, (batch, _) =>
        {
            foreach (var received in batch)
            {
                batches.Enqueue(received.Message);
            }

            return ValueTask.CompletedTask;
        });

        await bus.PublishManyAsync<Happening>([new Happening("one"), new Opening("two", "by")]);

        await Eventually.TrueAsync(() => batches.Count == 2, what: "both");
        batches.Select(happened => happened.GetType()).Should().BeEquivalentTo([typeof(Happening), typeof(Opening)]);
    }

    [ContractFact]
    public async Task A_reader_of_an_interface_gets_every_carried_type_that_is_one()
    {
        var bus = await ConnectAsync(topic: CarryBoth);
        var read = new List<IHappened>();
        using var enough = new CancellationTokenSource(Eventually.Deadline);
        var reading = Task.Run(async () =>
        {
            await foreach (var received in bus.ReadAsync<IHappened>(Topic, cancellationToken: enough.Token))
            {
                read.Add(received.Message);
                await received.AckAsync();
                if (read.Count >= 2)
                {
                    return;
                }
            }
        });

        // Pub/Sub drops what is published before the reader has subscribed.
        await Eventually.TrueAsync(async () =>
        {
            await bus.PublishManyAsync<Happening>([new Opening("two", "by"), new Happening("one")]);
            return reading.IsCompleted;
        });

        await reading;
        read.Should().Contain(happened => happened is Opening).And.Contain(happened => happened.GetType() == typeof(Happening));
    }

    [ContractFact]
    public async Task What_would_lose_properties_is_refused_and_not_published()
    {
        var received = new ConcurrentQueue<Happening>();
        var bus = await ConnectAsync(messaging => messaging.AddHandler(Keep<Happening>(received)), options => options.Carries<Happening>());
        const string Told = "*'Happening'*'Opening'*'by'*Carries<Opening>()*[JsonDerivedType(typeof(Opening)*";

        await FluentActions.Awaiting(() => bus.PublishAsync<Happening>(new Opening("lost", "by")).AsTask()).Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"Topic '{Topic}'{Told}");
        var many = await FluentActions.Awaiting(() => bus.PublishManyAsync<Happening>([new Happening("kept"), new Opening("lost", "by")]).AsTask()).Should().ThrowAsync<PublishManyException>();
        many.Which.Outcomes[1].Error.Should().BeOfType<RedisMessagingConfigurationException>().Which.Message.Should().Match(Told);
        await bus.PublishAsync(new Happening("after"));

        await Eventually.TrueAsync(() => received.Count == 2, what: "what was not refused");
        received.Should().Equal(new Happening("kept"), new Happening("after"));
    }

    [ContractFact]
    public async Task A_base_class_that_names_its_derived_types_carries_them()
    {
        var received = new ConcurrentQueue<Vehicle>();
        var bus = await ConnectAsync(messaging => messaging.AddHandler(Keep<Vehicle>(received)), options => options.Carries<Vehicle>());

        await bus.PublishAsync(new Bicycle(2, HasBell: true));
        await bus.PublishAsync<Vehicle>(new Bicycle(2, HasBell: false));

        await Eventually.TrueAsync(() => received.Count == 2, what: "both messages");
        received.Should().BeEquivalentTo([new Bicycle(2, HasBell: true), new Bicycle(2, HasBell: false)], options => options.RespectingRuntimeTypes());
    }

    [ContractFact]
    public async Task Requests_and_replies_given_as_their_base_class_arrive_whole_or_are_refused()
    {
        var bus = await ConnectAsync(
            messaging => messaging
                .AddRequestHandler<Opening, Happening>((request, _, _) => ValueTask.FromResult(request.By == "loss" ? new Opening(request.What, "lost") : new Happening(request.By)))
                .AddRequestHandler<Happening, Happening>((_, _, _) => ValueTask.FromResult(new Happening("cut"))),
            CarryBoth);

        (await Eventually.EndsAsync(bus.RequestAsync<Happening, Happening>(new Opening("ask", "me")).AsTask())).Should().Be(new Happening("me"), "the request has arrived as an Opening");
        var losing = () => Eventually.EndsAsync(bus.RequestAsync<object, Happening>(new Opening("ask", "loss")).AsTask());

        (await losing.Should().ThrowAsync<RemoteRequestException>()).WithMessage("*'Opening'*'Happening'*lose*'by'*");
    }

    private static void CarryBoth(TopicOptions options) => options.Carries<Happening>().Carries<Opening>();

    private static MessageHandler<T> Keep<T>(IProducerConsumerCollection<T> received) => (message, _, _) =>
    {
        received.TryAdd(message);
        return ValueTask.CompletedTask;
    };

    private static MessageHandler<Opening> KeepOpenings(ConcurrentQueue<Happening> received) => (message, _, _) =>
    {
        received.Enqueue(message);
        return ValueTask.CompletedTask;
    };
}
