using System.Collections.Concurrent;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Who observes dead letters is notified of what is given up.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact]
    public async Task An_observer_gets_what_was_given_up_and_why_once_its_dead_letter_is_written()
    {
        var observer = new NoticeList();
        var letters = new ConcurrentQueue<long>();
        var bus = await ConnectAsync(messaging => messaging.AddDeadLetterObserver(observer));
        var options = FailsAfter(2, "printing");
        options.OnDeadLetter = async (_, token) =>
        {
            if (Fixture.Capabilities.DeadLetters)
            {
                letters.Enqueue(await bus.Topic(Topic).DeadLetters.CountAsync(token));
            }
        };
        await bus.SubscribeAsync<Note>(Topic, (_, _, _) => throw new InvalidOperationException("The printer burns."), options);

        var published = await bus.PublishAsync(new Note("paper"), new PublishOptions { CorrelationId = "cart-7" });

        await observer.HasAsync(1);
        var notice = observer.Notices[0];
        (notice.Topic, notice.Group, notice.MessageId, notice.Position).Should().Be((Topic, "printing", published.MessageId, published.Position));
        (notice.Attempts, notice.Reason, notice.Detail).Should().Be((2, "max-attempts", "System.InvalidOperationException: The printer burns."));
        notice.Exception.Should().BeOfType<InvalidOperationException>();
        notice.Context!.CorrelationId.Should().Be("cart-7");
        notice.Message.Should().Be(new Note("paper"));
        if (Fixture.Capabilities.DeadLetters)
        {
            letters.Should().Equal([1], "it is written before");
        }
    }

    [ContractFact]
    public async Task An_observer_is_notified_of_what_can_not_be_read()
    {
        var observer = new NoticeList();
        var inbox = new Inbox();
        var bus = await ConnectAsync(messaging => messaging.AddDeadLetterObserver(observer));
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);

        await SendRawAsync(connection.GetDatabase(), Topic, "hello"u8.ToArray());
        await SendRawAsync(connection.GetDatabase(), Topic, Utf8(Head + "{\"text\":{},\"number\":1}"));
        await SendRawAsync(connection.GetDatabase(), Topic, "{\"rm\":1,\"id\":\"bad\",\"type\":\"no-such-type\"}\n{}"u8.ToArray());

        await observer.HasAsync(3);
        observer.Notices.Select(notice => (notice.MessageId, notice.Reason, notice.Attempts)).Should().Equal((null, "foreign", 0), ("bad", "undecodable", 0), ("bad", "unknown-type", 0));
        observer.Notices.Select(notice => (notice.Message, HasError: notice.Exception is not null)).Should().Equal((null, false), (null, true), (null, false));
    }

    [ContractFact]
    public async Task An_observer_that_throws_stops_neither_the_consumer_nor_other_observers()
    {
        var observer = new NoticeList();
        var bus = await ConnectAsync(messaging => messaging.AddDeadLetterObserver(observer));
        var options = FailsAfter(1);
        options.OnDeadLetter = (_, _) => throw new InvalidOperationException("The pager is broken.");
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, (note, context, token) => note.Number < 3 ? throw new FormatException() : inbox.HandleAsync(note, context, token), options);

        await bus.PublishManyAsync(Notes(5));

        await observer.HasAsync(3);
        await inbox.HasAsync(2);
        Log.Lines.Count(line => line.Id == 8002).Should().Be(3);
    }

    [ContractFact]
    public async Task An_observer_that_never_ends_keeps_neither_the_consumer_nor_its_stop_waiting()
    {
        var called = new TaskCompletionSource();
        var bus = await ConnectAsync();
        var options = FailsAfter(1);
        options.OnDeadLetter = (_, _) =>
        {
            called.TrySetResult();
            return new ValueTask(new TaskCompletionSource().Task);
        };
        var inbox = new Inbox();
        var subscription = await bus.SubscribeAsync<Note>(Topic, (note, context, token) => note.Number == 0 ? throw new FormatException() : inbox.HandleAsync(note, context, token), options);
        await bus.PublishAsync(new Note("bad", 0));
        await Eventually.EndsAsync(called.Task);
        await bus.PublishAsync(new Note("good", 1));
        await inbox.HasAsync(1);

        await Eventually.EndsAsync(subscription.DisposeAsync().AsTask());

        Log.Lines.Should().ContainSingle(line => line.Id == 8004);
    }

    [ContractFact]
    public async Task An_observer_is_notified_of_each_message_of_a_batch_that_is_given_up()
    {
        var observer = new NoticeList();
        var bus = await ConnectAsync(messaging => messaging.AddDeadLetterObserver(observer));
        var options = new BatchSubscribeOptions { BatchSize = 3, BatchWait = TimeSpan.FromSeconds(5) };
        options.Retry.MaxAttempts = 1;
        await bus.SubscribeBatchAsync<Note>(
            Topic,
            async (batch, token) =>
            {
                await batch.Single(message => message.Message.Number == 0).DeadLetterAsync("unwanted", token);
                throw new FormatException("The others.");
            },
            options);

        await bus.PublishManyAsync(Notes(3));

        await observer.HasAsync(3);
        observer.Notices.Select(notice => (((Note)notice.Message!).Number, notice.Reason, notice.Exception is FormatException)).Should()
            .BeEquivalentTo([(0, "unwanted", false), (1, "max-attempts", true), (2, "max-attempts", true)]);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task An_observer_is_notified_of_what_is_expired_and_of_what_a_reader_gives_up()
    {
        var observer = new NoticeList();
        var bus = await ConnectAsync(messaging => messaging.AddDeadLetterObserver(observer));
        var stale = await bus.PublishAsync(new Note("stale"), Perishable);
        await Task.Delay(200);
        await bus.PublishAsync(new Note("fresh"));

        await foreach (var message in bus.ReadAsync<Note>(Topic))
        {
            (await message.DeadLetterAsync("unwanted")).Should().BeTrue();
            break;
        }

        await observer.HasAsync(2);
        observer.Notices.Select(notice => (notice.Reason, notice.Attempts)).Should().BeEquivalentTo([("expired", 0), ("unwanted", 1)]);
        observer.Notices.Single(notice => notice.Reason == "expired").MessageId.Should().Be(stale.MessageId);
        observer.Notices.Single(notice => notice.Reason == "unwanted").Message.Should().Be(new Note("fresh"));
    }
}
