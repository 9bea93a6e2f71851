namespace RedisMessaging.ContractTests;

/// <summary>Publishes that go to Redis together, by a publisher that may run no scripts.</summary>
public sealed class PublishTogetherTests(ITestOutputHelper output) : ContractTest(new PubSubFixture(), "resp3", output)
{
    [Fact]
    public async Task A_publisher_that_may_run_no_scripts_publishes_all_the_same_and_in_order()
    {
        const int count = 2_000;
        var user = $"publisher-{Guid.NewGuid():N}";
        await TellAsync("ACL", "SETUSER", user, "on", ">secret", "~*", "&*", "+@connection", "+publish", "+info", "+config|get", "+client", "+cluster");
        var inbox = new Inbox();
        var consumer = await ConnectAsync();
        await consumer.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        var publisher = await ConnectAsync(connection: $"{ConnectionString},user={user},password=secret");

        var publishing = Enumerable.Range(0, count).Select(number => publisher.PublishAsync(new Note("together", number)).AsTask()).ToList();
        var results = await Task.WhenAll(publishing);

        results.Should().OnlyContain(result => result.Receivers == 1);
        await inbox.HasAsync(count);
        inbox.Numbers.Should().Equal(Enumerable.Range(0, count));
        await TellAsync("ACL", "DELUSER", user);
    }

    [Fact]
    public async Task A_channel_prefix_of_the_connection_stands_in_front_of_what_is_published_together()
    {
        const int count = 2_000;
        var inbox = new Inbox();
        var bus = await ConnectAsync(connection: $"{ConnectionString},channelPrefix=tenant:");
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await bus.PublishManyAsync(Topic, Enumerable.Range(0, count).Select(number => new Note("together", number)));
        await Task.WhenAll(Enumerable.Range(count, count).Select(number => bus.PublishAsync(new Note("together", number)).AsTask()));

        await inbox.HasAsync(2 * count);
        inbox.Numbers.Should().Equal(Enumerable.Range(0, 2 * count));
    }
}
