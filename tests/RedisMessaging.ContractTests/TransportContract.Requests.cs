using System.Collections.Concurrent;
using System.Diagnostics;

namespace RedisMessaging.ContractTests;

/// <summary>Requests and their replies.</summary>
public abstract partial class TransportContract<TFixture>
{
    private static readonly RequestOptions Briefly = new() { Timeout = TimeSpan.FromSeconds(1.5) };

    [ContractFact]
    public async Task A_request_is_answered_by_another_process()
    {
        var steps = new ConcurrentQueue<string>();
        var seen = new ConcurrentQueue<MessageContext>();
        await ConnectAsync(messaging => messaging
            .AddConsumeFilter(new RecordingFilter("handler", steps))
            .AddRequestHandler<Note, Sum>((note, context, _) =>
            {
                seen.Enqueue(context);
                return ValueTask.FromResult(new Sum(note.Number + 1));
            }));
        var asker = await ConnectAsync(messaging => messaging.AddPublishFilter(new RecordingFilter("asker", steps)));

        var replies = await Eventually.EndsAsync(Task.WhenAll(Enumerable.Range(0, 50).Select(number => asker.RequestAsync<Note, Sum>(
            new Note("how many", number),
            new RequestOptions { Key = "key", CorrelationId = "all", Headers = new Dictionary<string, string> { ["언어"] = "한국어" } }).AsTask())));

        replies.Select(reply => reply.Total).Should().Equal(Enumerable.Range(1, 50));
        var context = seen.First();
        (context.Key, context.CorrelationId, context.Headers["언어"], context.Headers["asker"]).Should().Be(("key", "all", "한국어", "was here"));
        context.ExpiresAt.Should().NotBeNull();
        steps.Should().Contain("asker before publish").And.Contain("handler after consume");
    }

    [ContractFact]
    public async Task A_class_and_a_Task_answer_as_well()
    {
        await ConnectAsync(messaging => messaging.AddRequestHandler<Note, Sum, DoublingHandler>());
        (await Eventually.EndsAsync((await ConnectAsync()).RequestAsync<Note, Sum>(new Note("twice", 21)).AsTask())).Should().Be(new Sum(42));

        var bus = await ConnectAsync(messaging =>
        {
            Fixture.AddTopic(messaging, "others", options => options.Carries<Alarm>(), null);
            messaging.AddRequestHandler<Alarm, string>(async Task<string> (alarm, _, _) =>
            {
                await Task.Yield();
                return alarm.Where + "!";
            });
        });
        (await Eventually.EndsAsync(bus.RequestAsync<Alarm, string>(new Alarm("here"), new RequestOptions { Topic = "others" }).AsTask())).Should().Be("here!");
    }

    [ContractFact]
    public async Task A_handler_s_failure_is_the_answer_and_is_not_tried_again()
    {
        var starts = 0;
        var bus = await ConnectAsync(messaging => messaging.AddRequestHandler<Note, Sum>((_, _, _) =>
        {
            Interlocked.Increment(ref starts);
            return ValueTask.FromException<Sum>(new InvalidOperationException("Nothing to count: 없음."));
        }));

        var asking = () => Eventually.EndsAsync(bus.RequestAsync<Note, Sum>(new Note("none")).AsTask());

        var error = (await asking.Should().ThrowAsync<RemoteRequestException>()).Which;
        (error.RemoteType, error.RemoteMessage, error.Topic).Should().Be(("System.InvalidOperationException", "Nothing to count: 없음.", Topic));
        error.Message.Should().Contain(error.MessageId);
        await asking.Should().ThrowAsync<RemoteRequestException>();
        starts.Should().Be(2, "each was handled once");
        if (Fixture.Capabilities.DeadLetters)
        {
            (await bus.Topic(Topic).DeadLetters.CountAsync()).Should().Be(0);
        }
    }

    [ContractFact]
    public async Task Attempts_that_were_asked_for_are_made_before_the_failure_is_told()
    {
        var attempts = new ConcurrentQueue<int>();
        var bus = await ConnectAsync(messaging => messaging.AddRequestHandler<Note, Sum>(
            (note, context, _) =>
            {
                attempts.Enqueue(context.Attempt);
                return note.Number == context.Attempt ? ValueTask.FromResult(new Sum(context.Attempt)) : throw new TimeoutException("Not yet.");
            },
            handler =>
            {
                handler.Retry.MaxAttempts = 3;
                handler.Retry.Delay = TimeSpan.FromMilliseconds(10);
            }));

        (await Eventually.EndsAsync(bus.RequestAsync<Note, Sum>(new Note("at last", 3)).AsTask())).Should().Be(new Sum(3));
        attempts.Should().Equal(1, 2, 3);

        var asking = () => Eventually.EndsAsync(bus.RequestAsync<Note, Sum>(new Note("never", 7)).AsTask());
        (await asking.Should().ThrowAsync<RemoteRequestException>()).Which.RemoteType.Should().Be("System.TimeoutException");
        attempts.Should().HaveCount(6);
    }

    [ContractFact]
    public async Task A_handler_may_ask_for_its_request_again()
    {
        var bus = await ConnectAsync(messaging => messaging.AddRequestHandler<Note, Sum>((_, context, _) =>
            context.Attempt < 3 ? throw new RetryAfterException(TimeSpan.FromMilliseconds(20)) : ValueTask.FromResult(new Sum(context.Attempt))));

        (await Eventually.EndsAsync(bus.RequestAsync<Note, Sum>(new Note("later")).AsTask())).Should().Be(new Sum(3));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_request_that_nobody_answers_times_out_and_is_handled_by_nobody_later()
    {
        var topic = "unanswered-" + Guid.NewGuid().ToString("N");
        using var expired = new Counted("redismessaging.messages.expired", topic);
        using var timeouts = new Counted("redismessaging.requests.timeouts", topic);
        void AddTopic(RedisMessagingBuilder messaging) => Fixture.AddTopic(messaging, topic, options => options.Carries<Note>(), null);
        var bus = await ConnectAsync(AddTopic);
        var asking = () => Eventually.EndsAsync(bus.RequestAsync<Note, Sum>(new Note("nobody"), Briefly with { Topic = topic }).AsTask());

        var error = (await asking.Should().ThrowAsync<RequestTimeoutException>()).Which;

        error.Message.Should().Contain(topic).And.Contain("was published").And.Contain(error.MessageId);
        timeouts.Total.Should().Be(1);
        var inbox = new Inbox();
        var late = await ConnectAsync(messaging =>
        {
            AddTopic(messaging);
            messaging.AddRequestHandler<Note, Sum>(async (note, context, token) =>
            {
                await inbox.HandleAsync(note, context, token);
                return new Sum(1);
            }, handler => handler.Topic = topic);
        });
        await Eventually.TrueAsync(() => expired.Total == 1);
        inbox.Count.Should().Be(0);
        (await late.Topic(topic).DeadLetters.CountAsync()).Should().Be(0);
    }

    [ContractFact(Without = nameof(TransportCapabilities.Durable))]
    public async Task A_request_that_nobody_listens_for_fails_at_once()
    {
        var bus = await ConnectAsync();
        var asking = () => Eventually.EndsAsync(bus.RequestAsync<Note, Sum>(new Note("anybody")).AsTask());

        var watch = Stopwatch.StartNew();
        (await asking.Should().ThrowAsync<NoResponderException>()).WithMessage($"*'{Topic}'*");
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(15), "the timeout is 30 s");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task A_request_whose_handler_dies_is_answered_by_another()
    {
        void AddTopic(RedisMessagingBuilder messaging) => Fixture.AddTopic(messaging, "topic", options => options.Carries<Alarm>(), TimeSpan.FromSeconds(1));
        await using var crashing = new OpenTransport(ConnectionString, Prefix, Fixture.Kind, options => SetLease(options, TimeSpan.FromSeconds(1)));
        var dying = await crashing.OpenAsync();
        var asker = await ConnectAsync(AddTopic);

        var asking = asker.RequestAsync<Alarm, Sum>(new Alarm("fire")).AsTask();
        (await dying.ReceiveAsync(1)).Should().ContainSingle();
        await ConnectAsync(messaging =>
        {
            AddTopic(messaging);
            messaging.AddRequestHandler<Alarm, Sum>((_, _, _) => ValueTask.FromResult(new Sum(112)), handler => handler.Group = "group");
        });

        (await Eventually.EndsAsync(asking)).Should().Be(new Sum(112));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_reply_survives_a_restart_of_the_server()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var begun = new SemaphoreSlim(0);
        var proceed = new TaskCompletionSource();
        await ConnectAsync(messaging => messaging.AddRequestHandler<Note, Sum>(
            async (note, _, token) =>
            {
                begun.Release();
                await proceed.Task.WaitAsync(token);
                return new Sum(note.Number);
            },
            handler => handler.Concurrency = 10));
        var asker = await ConnectAsync();
        var asking = Enumerable.Range(0, 10).Select(number => asker.RequestAsync<Note, Sum>(new Note("restart", number), new RequestOptions { Timeout = TimeSpan.FromMinutes(2) }).AsTask()).ToList();
        for (var i = 0; i < 10; i++)
        {
            (await begun.WaitAsync(Eventually.Deadline)).Should().BeTrue();
        }

        await server.KillAsync();
        proceed.SetResult();
        await server.RestartAsync();

        var replies = await Eventually.EndsAsync(Task.WhenAll(asking), within: TimeSpan.FromSeconds(60));
        replies.Select(reply => reply.Total).Should().Equal(Enumerable.Range(0, 10));
    }

    [ContractFact]
    public async Task A_request_that_can_not_be_read_is_answered_with_the_reason()
    {
        var bus = await ConnectAsync(messaging => messaging.AddRequestHandler<Note, Sum>((_, _, _) => ValueTask.FromResult(new Sum(1))));
        // An older build that calls another type a note.
        var asker = await RedisMessageBus.ConnectAsync(ConnectionString, messaging =>
        {
            messaging.KeyPrefix = Prefix;
            messaging.UseJson(ContractJson.Default);
            Fixture.AddTopic(messaging, Topic, options => options.Carries<string>("note").Carries<Alarm>("unheard-of"), null);
        });
        await using (asker)
        {
            var unreadable = () => Eventually.EndsAsync(asker.RequestAsync<string, Sum>("what?").AsTask());
            (await unreadable.Should().ThrowAsync<RemoteRequestException>()).WithMessage("*JsonException*undecodable*'Note'*");
            var unknown = () => Eventually.EndsAsync(asker.RequestAsync<Alarm, Sum>(new Alarm("where")).AsTask());
            (await unknown.Should().ThrowAsync<RemoteRequestException>()).WithMessage("*unknown-type*unheard-of*");
        }

        if (Fixture.Capabilities.DeadLetters)
        {
            await Eventually.TrueAsync(async () => await bus.Topic(Topic).DeadLetters.CountAsync() == 2);
            (await bus.Topic(Topic).DeadLetters.PeekAsync()).Select(letter => letter.Reason).Should().BeEquivalentTo("undecodable", "unknown-type");
        }
    }

    [ContractFact]
    public async Task A_message_that_asks_for_no_reply_is_handled_as_any_other()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync(messaging => messaging.AddRequestHandler<Note, Sum>(
            async (note, context, token) =>
            {
                await inbox.HandleAsync(note, context, token);
                return context.Attempt == 1 ? throw new InvalidOperationException("Once more.") : new Sum(1);
            },
            handler => handler.Retry.Delay = TimeSpan.FromMilliseconds(10)));

        await bus.PublishAsync(new Note("no reply"));

        await inbox.HasAsync(2);
        inbox.Contexts.Select(context => context.Attempt).Should().Equal(1, 2);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.FanOut))]
    public async Task Of_several_answers_the_first_counts_and_ordinary_handlers_see_the_request()
    {
        var inbox = new Inbox();
        var slow = new TaskCompletionSource();
        await ConnectAsync(messaging => messaging
            .AddRequestHandler<Note, Sum>((_, _, _) => ValueTask.FromResult(new Sum(1)), handler => handler.Group = "quick")
            .AddRequestHandler<Note, Sum>(
                async (_, _, token) =>
                {
                    await slow.Task.WaitAsync(token);
                    return new Sum(2);
                },
                handler => handler.Group = "slow")
            .AddHandler<Note>(inbox.HandleAsync, handler => handler.Group = "listening"));
        var asker = await ConnectAsync();

        (await Eventually.EndsAsync(asker.RequestAsync<Note, Sum>(new Note("who")).AsTask())).Should().Be(new Sum(1));
        slow.SetResult();

        await inbox.HasAsync(1);
        (await Eventually.EndsAsync(asker.RequestAsync<Note, Sum>(new Note("who")).AsTask())).Total.Should().BeOneOf(1, 2);
    }

    private static void SetLease(TopicOptions options, TimeSpan lease)
    {
        switch (options)
        {
            case QueueOptions queue:
                queue.Lease = lease;
                break;
            case StreamOptions stream:
                stream.Lease = lease;
                break;
        }
    }
}
