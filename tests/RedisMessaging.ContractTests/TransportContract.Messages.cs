using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>What is in a message arrives as it was sent.</summary>
public abstract partial class TransportContract<TFixture>
{
    private const string ManyLanguages = "Grüße, 世界, Привет, שלום, 👋🏽 \"quoted\" \n \\ \0 end";

    [ContractFact]
    public async Task Headers_and_text_of_all_languages_arrive()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        var headers = new Dictionary<string, string> { ["tenant"] = "acme", ["Straße"] = ManyLanguages, ["empty"] = "" };
        var before = TimeProvider.System.GetUtcNow();

        var result = await bus.PublishAsync(
            new Note(ManyLanguages, 7),
            new PublishOptions { MessageId = "my-id-ö", Key = "Käufer 42", CorrelationId = "相関", Headers = headers });

        await inbox.HasAsync(1);
        var context = inbox.Contexts[0];
        inbox.Notes.Should().Equal(new Note(ManyLanguages, 7));
        result.MessageId.Should().Be("my-id-ö");
        context.MessageId.Should().Be("my-id-ö");
        context.Key.Should().Be("Käufer 42");
        context.CorrelationId.Should().Be("相関");
        context.Headers.Should().BeEquivalentTo(headers);
        context.Topic.Should().Be(Topic);
        context.Channel.Should().Be(Topic);
        context.Attempt.Should().Be(1);
        context.Source.Should().StartWith("contract/");
        context.PublishedAt.Should().BeOnOrAfter(before.AddSeconds(-1)).And.BeOnOrBefore(TimeProvider.System.GetUtcNow().AddSeconds(1));
        context.Position.Should().Be(result.Position);
    }

    [ContractFact]
    public async Task A_message_that_no_JSON_context_knows_arrives()
    {
        var received = new ConcurrentQueue<Unlisted>();
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(messaging, "unlisted", options => options.Carries<Unlisted>(), null));
        await bus.SubscribeAsync<Unlisted>("unlisted", (message, _, _) =>
        {
            received.Enqueue(message);
            return ValueTask.CompletedTask;
        });

        await bus.PublishAsync(new Unlisted(7, ManyLanguages));

        await Eventually.TrueAsync(() => !received.IsEmpty, what: "the message");
        received.Should().Equal(new Unlisted(7, ManyLanguages));
    }

    [ContractFact]
    public async Task A_message_without_options_has_an_id_and_no_headers()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        var results = await bus.PublishManyAsync(Notes(100));

        await inbox.HasAsync(100);
        inbox.Contexts.Select(context => context.MessageId).Should().Equal(results.Select(result => result.MessageId)).And.OnlyHaveUniqueItems();
        inbox.Contexts.Should().OnlyContain(context => context.Headers.Count == 0 && context.Key == null && context.CorrelationId == null);
    }

    [ContractFact]
    public async Task Bodies_of_every_size_arrive()
    {
        var received = new ConcurrentQueue<byte[]>();
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(messaging, "blobs", options => options.Carries<byte[]>(), null));
        await bus.SubscribeAsync<byte[]>("blobs", (body, _, _) =>
        {
            received.Enqueue(body);
            return ValueTask.CompletedTask;
        });
        var random = new Random(42);
        byte[][] bodies = [.. new[] { 0, 1, 100, 4096, 65_536, 1 << 20 }.Select(length =>
        {
            var body = new byte[length];
            random.NextBytes(body);
            return body;
        })];

        foreach (var body in bodies)
        {
            await bus.PublishAsync(body);
        }

        await Eventually.TrueAsync(() => received.Count == bodies.Length);
        received.Zip(bodies).Should().AllSatisfy(pair => pair.First.AsSpan().SequenceEqual(pair.Second).Should().BeTrue());
    }

    [ContractFact]
    public async Task Texts_may_be_empty_or_a_megabyte_long()
    {
        var received = new ConcurrentQueue<string>();
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(messaging, "texts", options => options.Carries<string>(), null));
        await bus.SubscribeAsync<string>("texts", (text, _, _) =>
        {
            received.Enqueue(text);
            return ValueTask.CompletedTask;
        });
        var megabyte = new string('ü', 1 << 19);

        await bus.PublishAsync("");
        await bus.PublishAsync(megabyte);
        await bus.PublishAsync("after");

        await Eventually.TrueAsync(() => received.Count == 3);
        received.Should().Equal("", megabyte, "after");
    }

    [ContractFact]
    public async Task A_topic_carries_several_types()
    {
        static void BothTypes(TopicOptions options) => options.Carries<Note>().Carries<Alarm>("fire-alarm");
        var order = new ConcurrentQueue<object>();
        var bus = await ConnectAsync(
            messaging =>
            {
                messaging.AddHandler<Note>((note, _, _) =>
                {
                    order.Enqueue(note);
                    return ValueTask.CompletedTask;
                });
                messaging.AddHandler<Alarm>((alarm, _, _) =>
                {
                    order.Enqueue(alarm);
                    return ValueTask.CompletedTask;
                });
            },
            BothTypes);

        await bus.PublishAsync(new Note("first"));
        await bus.PublishAsync(new Alarm("cellar"));
        await bus.PublishAsync(new Note("last"));

        await Eventually.TrueAsync(() => order.Count == 3);
        order.Should().Equal(new Note("first"), new Alarm("cellar"), new Note("last"));
    }

    [ContractFact]
    public async Task A_type_without_a_handler_is_passed_over()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync(topic: options => options.Carries<Note>().Carries<Alarm>());
        var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await bus.PublishAsync(new Alarm("cellar"));
        await bus.PublishAsync(new Note("after"));

        await inbox.HasAsync(1);
        inbox.Notes.Should().Equal(new Note("after"));
        if (Fixture.Capabilities.DeadLetters)
        {
            await StopAsync([subscription]);
            (await DeadLetterCountAsync()).Should().Be(0);
            await NothingIsLeftAsync();
        }
    }

    [ContractFact]
    public async Task Filters_run_in_the_order_they_were_added()
    {
        var steps = new ConcurrentQueue<string>();
        var bus = await ConnectAsync(messaging =>
        {
            messaging.AddPublishFilter(new RecordingFilter("first", steps));
            messaging.AddPublishFilter(new RecordingFilter("second", steps));
            messaging.AddConsumeFilter(new RecordingFilter("third", steps));
            messaging.AddConsumeFilter(new RecordingFilter("fourth", steps));
        });
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, (note, context, token) =>
        {
            steps.Enqueue("handler");
            return inbox.HandleAsync(note, context, token);
        });

        await bus.PublishAsync(new Note("filtered"));

        await Eventually.TrueAsync(() => steps.Count == 9);
        steps.Where(step => step.Contains("publish", StringComparison.Ordinal)).Should().Equal("first before publish", "second before publish", "second after publish", "first after publish");
        steps.Where(step => !step.Contains("publish", StringComparison.Ordinal)).Should().Equal("third before consume", "fourth before consume", "handler", "fourth after consume", "third after consume");
        inbox.Contexts[0].Headers.Should().Contain("first", "was here").And.Contain("second", "was here");
    }

    [ContractFact]
    public async Task A_handler_that_nobody_waits_for_still_gets_its_own_message()
    {
        var begin = new TaskCompletionSource();
        var inbox = new Inbox();
        var bus = await ConnectAsync(messaging => messaging.AddConsumeFilter(new HastyFilter(begin.Task)));
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await bus.PublishAsync(new Note("left behind", 1));
        await bus.PublishAsync(new Note("after it", 2));
        await inbox.HasAsync(1);

        begin.SetResult();

        await inbox.HasAsync(2);
        inbox.Numbers.Should().Equal(2, 1);
        inbox.Contexts.Select(context => context.MessageId).Should().OnlyHaveUniqueItems();
    }
}
