namespace RedisMessaging.ContractTests;

/// <summary>The rights that families take.</summary>
public sealed class FamilyRightsTests(ITestOutputHelper output) : StartUpTest(output)
{
    private const string Family = "logs:*";

    public static TheoryData<TransportKind> Durable => [TransportKind.Queue, TransportKind.Stream];

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task The_keys_of_a_family_s_name_are_all_that_it_takes(TransportKind kind)
    {
        var server = await StartServerAsync();
        var connection = await AddWorkerAsync(server, $"~test:{{{Topic}}}:*", "~test:{logs:*}:*", "&*", "+@all");
        var inbox = new Inbox();
        var bus = await StartAsync(connection, kind, messaging => messaging.AddTopic<Note>(Family, kind));
        await bus.SubscribeAsync<Note>(Family, inbox.HandleAsync);

        await bus.PublishToAsync("logs:web", new Note("allowed"));

        await inbox.HasAsync(1);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_missing_right_to_the_registry_is_told_with_its_keys(TransportKind kind)
    {
        var server = await StartServerAsync();
        var connection = await AddWorkerAsync(server, $"~test:{{{Topic}}}:*", "~test:{logs:web}:*", "&*", "+@all");
        var bus = await StartAsync(connection, kind, messaging => messaging.AddTopic<Note>(Family, kind));

        await FluentActions.Awaiting(async () => await bus.SubscribeAsync<Note>(Family, new Inbox().HandleAsync))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("*'logs:*'*'worker'*ACL SETUSER worker ~test:{logs:*}:*");
        await FluentActions.Awaiting(async () => await bus.PublishToAsync("logs:web", new Note("refused")))
            .Should().ThrowAsync<PublishRefusedException>().WithMessage("*'logs:*'*ACL SETUSER*~*{logs:*}:*");
    }

    [Fact]
    public async Task A_right_that_no_member_can_do_without_is_told_when_subscribing()
    {
        var server = await StartServerAsync();
        await using (var everything = await StartAsync(server.ConnectionString, TransportKind.Stream, messaging => messaging.AddTopic<Note>(Family, TransportKind.Stream)))
        {
            await everything.PublishToAsync("logs:web", new Note("first"));
            await everything.PublishToAsync("logs:api", new Note("second"));
        }

        var bus = await StartAsync(await AddWorkerAsync(server, "~*", "&*", "+@all", "-xreadgroup"), TransportKind.Stream, messaging => messaging.AddTopic<Note>(Family, TransportKind.Stream));

        await FluentActions.Awaiting(async () => await bus.SubscribeAsync<Note>(Family, new Inbox().HandleAsync))
            .Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage("*'logs:*'*XREADGROUP*ACL SETUSER worker +xreadgroup");
    }
}
