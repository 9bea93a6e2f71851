using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;

namespace RedisMessaging.ContractTests;

/// <summary>A group that is new on a stream, where another group had its handlers: the application was renamed.</summary>
public sealed class RenamedGroupTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    private const int LooksRenamed = 12005;

    [Fact]
    public async Task A_group_with_the_handlers_of_another_one_is_announced_with_both_names_and_what_it_is_about_to_handle()
    {
        await RunAsync<QuietHandler>("shop-api");
        await (await ConnectAsync()).PublishManyAsync(Notes(7));

        await RunAsync<QuietHandler>("store-api");

        var line = Log.Lines.Should().ContainSingle(one => one.Id == LooksRenamed).Which.Text;
        line.Should().Contain("store-api").And.Contain("'shop-api'").And.Contain("7 entries").And.Contain("StartAt");
        await RunAsync<QuietHandler>("store-api");
        Log.Lines.Count(one => one.Id == LooksRenamed).Should().Be(1, "it is new once");
    }

    [Fact]
    public async Task Another_group_is_not_announced_when_it_has_other_handlers_or_says_where_it_starts_or_has_nothing_to_handle()
    {
        await RunAsync<QuietHandler>("first");
        await RunAsync<QuietHandler>("empty");
        await (await ConnectAsync()).PublishManyAsync(Notes(3));

        await RunAsync<OtherHandler>("other");
        await RunAsync<QuietHandler>("new", handler => handler.StartAt = StartPosition.New);
        await RunAsync<QuietHandler>("all", handler => handler.StartAt = StartPosition.Beginning);
        await RunAsync<QuietHandler>("broadcast", handler => handler.Broadcast = true);

        Log.Lines.Should().NotContain(one => one.Id == LooksRenamed);
    }

    [Fact]
    public async Task Two_groups_of_one_application_may_have_the_same_handlers()
    {
        await (await ConnectAsync()).PublishManyAsync(Notes(3));

        await ConnectAsync(messaging => messaging
            .AddHandler<Note, QuietHandler>(handler => handler.Group = "one")
            .AddHandler<Note, QuietHandler>(handler => handler.Group = "two"));

        Log.Lines.Should().NotContain(one => one.Id == LooksRenamed);
    }

    [Fact]
    public async Task Delegates_count_by_their_messages_where_nobody_consumes_for_the_other_group()
    {
        var bus = await ConnectAsync();
        await bus.PublishManyAsync(Notes(3));
        await bus.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { Group = "billing" });
        var shipping = await bus.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { Group = "shipping" });
        Log.Lines.Should().NotContain(one => one.Id == LooksRenamed, "billing is somebody else's, and runs");
        await bus.Topic(Topic).AsStream().Groups.DeleteAsync("billing", force: true);
        await shipping.DisposeAsync();

        await bus.SubscribeAsync<Note>(Topic, (_, _, _) => ValueTask.CompletedTask, new SubscribeOptions { Group = "delivery" });

        Log.Lines.Should().ContainSingle(one => one.Id == LooksRenamed).Which.Text.Should().Contain("'shipping'").And.NotContain("'billing'");
    }

    [Fact]
    public async Task A_group_that_is_deleted_is_not_remembered()
    {
        await RunAsync<QuietHandler>("old");
        var bus = await ConnectAsync();
        await bus.PublishManyAsync(Notes(3));
        var key = new TopicKeys(Prefix, Topic)["groups:handlers"];
        var database = await DatabaseAsync();
        (await database.HashGetAsync(key, "old")).ToString().Should().Be(typeof(QuietHandler).FullName);

        await bus.Topic(Topic).AsStream().Groups.DeleteAsync("old", force: true);

        (await database.HashExistsAsync(key, "old")).Should().BeFalse();
        await RunAsync<QuietHandler>("next");
        Log.Lines.Should().NotContain(one => one.Id == LooksRenamed);
    }

    [Fact]
    public async Task What_stands_in_the_way_of_the_record_does_not_keep_a_group_from_starting()
    {
        var database = await DatabaseAsync();
        await database.StringSetAsync(new TopicKeys(Prefix, Topic)["groups:handlers"], "something else");
        await (await ConnectAsync()).PublishManyAsync(Notes(3));

        await RunAsync<QuietHandler>("group");

        Log.Lines.Should().NotContain(one => one.Id == LooksRenamed);
    }

    /// <summary>Starts an application and stops it: its group is there from then on.</summary>
    private async Task RunAsync<THandler>(string group, Action<HandlerOptions>? configure = null)
        where THandler : class, IMessageHandler<Note>
    {
        var bus = await ConnectAsync(messaging => messaging.AddHandler<Note, THandler>(handler =>
        {
            handler.Group = group;
            configure?.Invoke(handler);
        }));
        await bus.DisposeAsync();
    }
}
