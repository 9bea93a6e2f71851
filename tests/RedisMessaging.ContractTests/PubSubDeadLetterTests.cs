using System.Collections.Concurrent;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>Dead letters where every process gets every message, and gives up on it.</summary>
public sealed class PubSubDeadLetterTests(ITestOutputHelper output) : ContractTest(new PubSubKeepingDeadLettersFixture(), "resp3", output)
{
    private const int Lost = 10006;
    private const int Trimmed = 8000;

    private TopicKeys Keys => new(Prefix, Topic);

    [Fact]
    public async Task A_message_is_kept_once_for_each_group_however_many_processes_gave_up_on_it()
    {
        var failed = new ConcurrentQueue<string>();
        var buses = new List<RedisMessageBus>();
        for (var i = 0; i < 3; i++)
        {
            buses.Add(await ConnectAsync());
            await buses[i].SubscribeAsync<Note>(Topic, Fails(failed), new SubscribeOptions { Group = "billing" });
            await buses[i].SubscribeAsync<Note>(Topic, Fails(failed), new SubscribeOptions { Group = "shipping" });
        }

        await buses[0].PublishAsync(new Note("bad"));
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        await connection.GetSubscriber().PublishAsync(RedisChannel.Literal(Prefix + Topic), "no envelope");

        var letters = buses[0].Topic(Topic).DeadLetters;
        await Eventually.TrueAsync(async () => failed.Count == 6 && await letters.CountAsync() == 4, what: "each is kept for both groups");
        // All that would come has come, when what is published later has been given up on by all.
        await buses[0].PublishAsync(new Note("later"));
        await Eventually.TrueAsync(async () => failed.Count == 12 && await letters.CountAsync() == 6);
        (await letters.PeekAsync()).Select(letter => (letter.Group, letter.Reason)).Should().BeEquivalentTo(new[]
        {
            ("billing", "said"), ("shipping", "said"), ("billing", "foreign"), ("shipping", "foreign"), ("billing", "said"), ("shipping", "said"),
        });
        (await IndexedAsync(connection)).Should().Be(6);
    }

    [Fact]
    public async Task Redriving_publishes_to_everybody()
    {
        var others = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, (_, context, _) => context.RedrivenFrom is null ? throw new DeadLetterException("said") : ValueTask.CompletedTask);
        await bus.PublishAsync(new Note("bad"));
        var letters = bus.Topic(Topic).DeadLetters;
        await Eventually.TrueAsync(async () => await letters.CountAsync() == 1);
        var other = await ConnectAsync();
        await other.SubscribeAsync<Note>(Topic, others.HandleAsync, new SubscribeOptions { Group = "others" });
        var letter = (await letters.PeekAsync()).Single();

        (await letters.RedriveAsync(letter.Id)).Should().BeTrue();

        await others.HasAsync(1);
        others.Contexts.Single().RedrivenFrom.Should().Be(letter.Id);
        (await letters.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Nothing_is_published_to_nobody()
    {
        var bus = await ConnectAsync();
        var failed = new ConcurrentQueue<string>();
        var subscription = await bus.SubscribeAsync<Note>(Topic, Fails(failed));
        await bus.PublishAsync(new Note("bad"));
        var letters = bus.Topic(Topic).DeadLetters;
        await Eventually.TrueAsync(async () => await letters.CountAsync() == 1);
        await subscription.DisposeAsync();

        (await letters.RedriveAllAsync()).Should().Be(0);
        (await letters.CountAsync()).Should().Be(1);
    }

    [Fact]
    public async Task The_index_goes_with_the_dead_letters()
    {
        var failed = new ConcurrentQueue<string>();
        var bus = await ConnectAsync(topic: options =>
        {
            options.Carries<Note>();
            options.DeadLetterLimit = 5;
        });
        await bus.SubscribeAsync<Note>(Topic, Fails(failed));
        await bus.PublishManyAsync(Notes(8));
        var letters = bus.Topic(Topic).DeadLetters;
        await Eventually.TrueAsync(async () => failed.Count == 8 && await letters.CountAsync() == 5, what: "three of eight are dropped");
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        await Eventually.TrueAsync(async () => await IndexedAsync(connection) == 5, what: "those that were dropped are not in the index");
        Log.Lines.Should().Contain(line => line.Id == Trimmed);

        var page = await letters.PeekAsync();
        (await letters.DeleteAsync(page[0].Id)).Should().BeTrue();
        (await letters.DeleteAsync(page[0].Id)).Should().BeFalse();
        (await IndexedAsync(connection)).Should().Be(4);
        (await letters.RedriveAsync(page[1].Id)).Should().BeTrue();
        await Eventually.TrueAsync(async () => failed.Count == 9 && await letters.CountAsync() == 4, what: "what was redriven fails again, and is kept again");
        (await IndexedAsync(connection)).Should().Be(4);
        (await letters.PurgeAsync()).Should().Be(4);
        (await IndexedAsync(connection)).Should().Be(0);
    }

    [Fact]
    public async Task A_subscription_goes_on_when_nothing_can_be_kept()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        await connection.GetDatabase().StringSetAsync(Keys.DeadLetters, "somebody else's");
        using var dropped = new Counted("redismessaging.messages.dropped", Topic);
        await bus.SubscribeAsync<Note>(
            Topic,
            (note, context, token) => note.Text == "bad" ? throw new DeadLetterException("said") : inbox.HandleAsync(note, context, token));

        await bus.PublishAsync(new Note("bad"));
        await bus.PublishAsync(new Note("good"));

        await inbox.HasAsync(new Note("good"));
        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Id == Lost));
        dropped.Total.Should().BeGreaterThanOrEqualTo(1);
    }

    private static MessageHandler<Note> Fails(ConcurrentQueue<string> failed) => (note, _, _) =>
    {
        failed.Enqueue(note.Text);
        throw new DeadLetterException("said");
    };

    private Task<long> IndexedAsync(ConnectionMultiplexer connection) => connection.GetDatabase().HashLengthAsync(Keys.DeadLetterIndex);
}
