using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RedisMessaging.ContractTests;

/// <summary>Handlers that take many messages at a time.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact]
    public async Task A_batch_handler_gets_full_batches_and_the_rest_after_a_wait()
    {
        var batches = new ConcurrentQueue<int[]>();
        var bus = await ConnectAsync();
        await bus.SubscribeBatchAsync<Note>(Topic, (batch, _) => Keep(batches, batch), InBatches(10, TimeSpan.FromMilliseconds(500)));

        await bus.PublishManyAsync(Notes(25));

        await Eventually.TrueAsync(() => batches.Sum(batch => batch.Length) == 25);
        batches.Select(batch => batch.Length).Should().Equal(10, 10, 5);
        batches.SelectMany(batch => batch).Should().Equal(Enumerable.Range(0, 25));
    }

    [ContractFact]
    public async Task A_batch_knows_of_each_message_what_a_handler_knows()
    {
        var received = new ConcurrentQueue<ReceivedMessage<Note>>();
        var bus = await ConnectAsync();
        await bus.SubscribeBatchAsync<Note>(Topic, (batch, _) =>
        {
            batch.ToList().ForEach(received.Enqueue);
            return Task.CompletedTask;
        });

        var published = await bus.PublishAsync(new Note("one"), new PublishOptions { Key = "k", CorrelationId = "c", Headers = new Dictionary<string, string> { ["tenant"] = "acme" } });

        await Eventually.TrueAsync(() => !received.IsEmpty);
        received.Single().Should().Match<ReceivedMessage<Note>>(message =>
            message.MessageId == published.MessageId && message.Message.Text == "one" && message.Key == "k" && message.CorrelationId == "c" && message.Headers["tenant"] == "acme"
            && message.Attempt == 1 && message.Error == null && message.Position == published.Position);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Retries))]
    public async Task A_batch_that_failed_comes_again_and_one_that_failed_in_part_comes_again_in_part()
    {
        var attempts = new ConcurrentQueue<(int Number, int Attempt)>();
        var bus = await ConnectAsync();
        var options = InBatches(5, TimeSpan.FromMilliseconds(50));
        options.Retry.Delay = ShortWait;
        await bus.SubscribeBatchAsync<Note>(
            Topic,
            (batch, _) =>
            {
                batch.ToList().ForEach(message => attempts.Enqueue((message.Message.Number, message.Attempt)));
                var failed = batch.Where(message => message.Attempt == 2 && message.Message.Number == 3).ToDictionary(MessageContext (message) => message, Exception (_) => new InvalidOperationException("Not yet."));
                return batch.Any(message => message.Attempt == 1) ? throw new InvalidOperationException("Not yet.") : failed.Count > 0 ? throw new BatchException(failed) : Task.CompletedTask;
            },
            options);

        await bus.PublishManyAsync(Notes(5));

        await Eventually.TrueAsync(() => attempts.Count == 11);
        attempts.GroupBy(attempt => attempt.Number).OrderBy(number => number.Key).Select(number => number.Count()).Should().Equal(2, 2, 2, 3, 2);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task What_a_batch_handler_settled_itself_keeps_its_verdict()
    {
        var attempts = new ConcurrentQueue<(int Number, int Attempt)>();
        var answers = new ConcurrentQueue<bool>();
        var bus = await ConnectAsync();
        var options = InBatches(4, TimeSpan.FromMilliseconds(50));
        options.Retry.Delay = ShortWait;
        await bus.SubscribeBatchAsync<Note>(
            Topic,
            async (batch, token) =>
            {
                batch.ToList().ForEach(message => attempts.Enqueue((message.Message.Number, message.Attempt)));
                foreach (var message in batch.Where(message => message.Attempt == 1))
                {
                    if (await (message.Message.Number switch
                    {
                        0 => message.AckAsync(token),
                        1 => message.NackAsync(ShortWait, token),
                        2 => message.DeadLetterAsync("unwanted", token),
                        _ => ValueTask.FromResult(true),
                    }))
                    {
                        answers.Enqueue(true);
                    }
                }

                if (batch.Any(message => message.Attempt == 1))
                {
                    throw new InvalidOperationException("What is left fails.");
                }
            },
            options);

        await bus.PublishManyAsync(Notes(4));

        await Eventually.TrueAsync(() => attempts.Contains((1, 2)) && attempts.Contains((3, 2)));
        var letter = await TheDeadLetterAsync(bus);
        (letter.Reason, letter.Attempts).Should().Be(("unwanted", 1));
        answers.Should().HaveCount(4);
        attempts.Order().Should().Equal((0, 1), (1, 1), (1, 2), (2, 1), (3, 1), (3, 2));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.DeadLetters))]
    public async Task What_fails_in_batches_to_the_end_is_kept_aside_by_itself()
    {
        var handled = new ConcurrentQueue<int[]>();
        var bus = await ConnectAsync();
        var options = InBatches(3, TimeSpan.FromMilliseconds(50));
        (options.Retry.MaxAttempts, options.Retry.Delay) = (2, ShortWait);
        await bus.SubscribeBatchAsync<Note>(
            Topic,
            (batch, _) => batch.FirstOrDefault(message => message.Message.Number == 1) is { } broken
                ? throw new BatchException(new Dictionary<MessageContext, Exception> { [broken] = new FormatException("Broken.") })
                : Keep(handled, batch),
            options);

        await bus.PublishManyAsync(Notes(3));

        var letter = await TheDeadLetterAsync(bus);
        (letter.Reason, letter.Attempts, letter.Detail).Should().Be(("max-attempts", 2, "System.FormatException: Broken."));
        handled.Should().BeEmpty();
    }

    [ContractFact]
    public async Task A_host_runs_a_batch_in_one_scope_and_filters_each_message_in_its_own()
    {
        var handled = new HandledNotes();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "contract" });
        builder.Services.AddSingleton<ILoggerFactory>(Log);
        builder.Services.AddSingleton(handled);
        builder.Services.AddScoped<ScopeId>();
        var steps = new ConcurrentQueue<string>();
        builder.Services.AddRedisMessaging(ConnectionString, messaging => Configure(messaging, more =>
        {
            more.AddBatchHandler<Note, ScopedBatchHandler>(options => (options.Group, options.BatchSize, options.BatchWait) = ("hosted", 5, TimeSpan.FromSeconds(10)));
            more.AddConsumeFilter<ScopedFilter>();
            more.AddConsumeFilter(new RecordingFilter("filter", steps));
        }));
        using var host = builder.Build();
        await Eventually.EndsAsync(host.StartAsync());

        await host.Services.GetRequiredService<IMessageBus>().PublishManyAsync(Notes(10));

        await Eventually.TrueAsync(() => handled.All.Count == 10);
        await Eventually.EndsAsync(host.StopAsync());
        handled.All.Select(note => note.Number).Should().Equal(Enumerable.Range(0, 10));
        handled.All.Select(note => note.Scope).Distinct().Should().HaveCount(2);
        handled.All.Should().OnlyContain(note => note.FilterScope == Guid.Empty, "each message's filters have a scope of their own");
        steps.Count(step => step == "filter before consume").Should().Be(10);
        steps.Count(step => step == "filter after consume").Should().Be(10);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Acks))]
    public async Task What_was_acked_joins_no_batch_again()
    {
        var handled = new ConcurrentQueue<int[]>();
        var bus = await ConnectAsync(topic: WithoutWindow);
        await bus.PublishManyAsync(Notes(30).Select(note => new OutgoingMessage<Note>(note, new PublishOptions { MessageId = $"id-{note.Number % 20}" })));
        var options = InBatches(7, TimeSpan.FromMilliseconds(100));
        options.InboxWindow = TimeSpan.FromMinutes(5);

        await bus.SubscribeBatchAsync<Note>(Topic, (batch, _) => Keep(handled, batch), options);

        await Eventually.TrueAsync(() => handled.Sum(batch => batch.Length) == 20 && Log.Lines.Count(line => line.Id == AlreadyHandled) == 10);
        handled.SelectMany(batch => batch).Select(number => number % 20).Order().Should().Equal(Enumerable.Range(0, 20));
    }

    [ContractFact]
    public async Task Batches_of_one_type_and_single_messages_of_another_stand_side_by_side_in_one_group()
    {
        const string mixed = "mixed-notes";
        var handled = new ConcurrentQueue<int[]>();
        var alarms = new ConcurrentQueue<string>();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "contract" });
        builder.Services.AddSingleton<ILoggerFactory>(Log);
        builder.Services.AddRedisMessaging(ConnectionString, messaging => Configure(messaging, more =>
        {
            Fixture.AddTopic(more, mixed, options => options.Carries<Note>().Carries<Alarm>(), null);
            more.AddBatchHandler<Note>((batch, _) => Keep(handled, batch), options => (options.Topic, options.BatchSize) = (mixed, 10));
            more.AddHandler<Alarm>(
                (alarm, _, _) =>
                {
                    alarms.Enqueue(alarm.Where);
                    return Task.CompletedTask;
                },
                options => options.Topic = mixed);
        }));
        using var host = builder.Build();
        await Eventually.EndsAsync(host.StartAsync());
        var bus = host.Services.GetRequiredService<IMessageBus>();

        for (var i = 0; i < 20; i++)
        {
            await bus.PublishToAsync(mixed, new Note("mixed", i));
            await bus.PublishToAsync(mixed, new Alarm($"{i}"));
        }

        await Eventually.TrueAsync(() => handled.Sum(batch => batch.Length) == 20 && alarms.Count == 20);
        await Eventually.EndsAsync(host.StopAsync());
        handled.SelectMany(batch => batch).Should().Equal(Enumerable.Range(0, 20));
        alarms.Should().Equal(Enumerable.Range(0, 20).Select(i => $"{i}"));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task Stopped_in_the_middle_of_batches_what_was_not_handled_is_there_for_others()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (first, second) = (new ConcurrentQueue<int[]>(), new ConcurrentQueue<int[]>());
        var bus = await ConnectAsync();
        await bus.PublishManyAsync(Notes(300));
        var subscription = await bus.SubscribeBatchAsync<Note>(
            Topic,
            async (batch, _) =>
            {
                await Keep(first, batch);
                await release.Task;
            },
            InBatches(20, TimeSpan.FromSeconds(10)));
        await Eventually.TrueAsync(() => !first.IsEmpty);

        var stopping = subscription.DisposeAsync().AsTask();
        release.SetResult();
        await Eventually.EndsAsync(stopping);
        await (await ConnectAsync()).SubscribeBatchAsync<Note>(Topic, (batch, _) => Keep(second, batch), InBatches(20, TimeSpan.FromMilliseconds(50)));

        await Eventually.TrueAsync(() => first.Concat(second).Sum(batch => batch.Length) == 300);
        first.Concat(second).SelectMany(batch => batch).Should().OnlyHaveUniqueItems();
        second.SelectMany(batch => batch).Should().NotBeEmpty();
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_server_killed_and_restarted_in_the_middle_of_batches_loses_nothing()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var handled = new ConcurrentQueue<int[]>();
        var failed = new ConcurrentDictionary<int, bool>();
        var consumer = await ConnectAsync(lease: TimeSpan.FromSeconds(2));
        var options = InBatches(25, TimeSpan.FromMilliseconds(20));
        (options.Concurrency, options.Retry.Delay) = (2, ShortWait);
        await consumer.SubscribeBatchAsync<Note>(
            Topic,
            async (batch, token) =>
            {
                await Task.Delay(5, token);
                await (batch.Any(message => message.Message.Number % 50 == 7 && failed.TryAdd(message.Message.Number, true)) ? throw new InvalidOperationException("Not yet.") : Keep(handled, batch));
            },
            options);
        var publisher = await ConnectAsync(lease: TimeSpan.FromSeconds(2));
        var accepted = await PublishThroughRestartAsync(server, 300, async number => await publisher.PublishAsync(new Note("published", number)), publishers: 4);

        await Eventually.TrueAsync(() => !accepted.Except(handled.SelectMany(batch => batch)).Any(), within: TimeSpan.FromSeconds(60), what: "everything accepted arrives");
    }

    private static BatchSubscribeOptions InBatches(int size, TimeSpan wait) => new() { Group = "batches", BatchSize = size, BatchWait = wait };

    private static Task Keep(ConcurrentQueue<int[]> batches, IReadOnlyList<ReceivedMessage<Note>> batch)
    {
        batches.Enqueue([.. batch.Select(message => message.Message.Number)]);
        return Task.CompletedTask;
    }
}
