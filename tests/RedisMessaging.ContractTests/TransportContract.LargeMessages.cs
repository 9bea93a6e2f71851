using RedisMessaging.Topics;
using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>
/// Messages that are large for the link they come over: all of them together take longer than any reply may, if it is the clock that is looked at. What is read twice is sent twice, so the bytes
/// tell whether all went well.
/// </summary>
public abstract partial class TransportContract<TFixture>
{
    private const int LargeCount = 12;
    private const int LargeBytes = 2 << 20;
    private const long SlowLink = 4 << 20;
    private static readonly TimeSpan LargeLease = TimeSpan.FromSeconds(3);

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task Large_messages_that_wait_come_over_a_slow_link_once()
    {
        await PublishLargeAsync(LargeCount);
        await using var proxy = FaultProxy.Start(Server.ConnectionString);
        proxy.BytesPerSecond = SlowLink;
        var inbox = new LargeInbox();

        var bus = await ConnectThroughAsync(proxy);
        await using var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, FromTheBeginning());

        await inbox.HasAsync(LargeCount);
        inbox.Numbers.Should().Equal(Enumerable.Range(0, LargeCount));
        ShouldBeSentOnce(proxy, LargeCount);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Lease))]
    public async Task Large_messages_of_a_dead_consumer_come_over_a_slow_link_once()
    {
        await PublishLargeAsync(LargeCount);
        await using (var dead = new OpenTransport(ConnectionString, Prefix, Fixture.Kind, Fixture.Configure, topic: Topic, group: "contract", lease: LargeLease))
        {
            await (await dead.OpenAsync(LargeCount)).ReceiveAsync(LargeCount);
        }

        await using var proxy = FaultProxy.Start(Server.ConnectionString);
        proxy.BytesPerSecond = SlowLink;
        var inbox = new LargeInbox();
        var bus = await ConnectThroughAsync(proxy);
        await using var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, FromTheBeginning());

        await inbox.HasAsync(LargeCount);
        inbox.Numbers.Should().BeEquivalentTo(Enumerable.Range(0, LargeCount));
        ShouldBeSentOnce(proxy, LargeCount);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Lease))]
    public async Task A_message_that_takes_longer_than_its_lease_to_arrive_is_not_taken_over_meanwhile()
    {
        await PublishLargeAsync(1);
        await using var proxy = FaultProxy.Start(Server.ConnectionString);
        // Twice the lease, and then the other one is there to take it over.
        proxy.BytesPerSecond = (long)(LargeBytes / (2 * LargeLease.TotalSeconds));
        var inbox = new LargeInbox();
        var bus = await ConnectThroughAsync(proxy);
        await using var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, FromTheBeginning());
        await Eventually.TrueAsync(() => proxy.BytesCarried(LinkDirection.ToClient) > LargeBytes / 20, what: "it is on its way");
        var other = new LargeInbox();
        await using var vulture = await (await ConnectAsync(AllowLarge, lease: LargeLease)).SubscribeAsync<Note>(Topic, other.HandleAsync, FromTheBeginning());

        await inbox.HasAsync(1);
        other.Count.Should().Be(0);
        inbox.Attempts.Should().Equal(1);
        ShouldBeSentOnce(proxy, 1);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_link_that_is_cut_while_large_messages_come_loses_none_and_brings_few_twice()
    {
        await PublishLargeAsync(LargeCount);
        await using var proxy = FaultProxy.Start(Server.ConnectionString);
        proxy.BytesPerSecond = SlowLink;
        var inbox = new LargeInbox();
        var bus = await ConnectThroughAsync(proxy);
        await using var subscription = await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync, FromTheBeginning());

        await inbox.HasAsync(2);
        proxy.Reset();

        await Eventually.TrueAsync(() => inbox.Numbers.Distinct().Count() == LargeCount, TimeSpan.FromSeconds(60), what: $"all are there; {inbox.Count} are");
        proxy.BytesCarried(LinkDirection.ToClient).Should().BeLessThan((LargeCount * (long)LargeBytes * 12 / 10) + ReadSizeOfMost, "what was cut is sent again, and nothing else");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task A_history_of_large_messages_is_read_over_a_slow_link_once()
    {
        await PublishLargeAsync(LargeCount);
        await using var proxy = FaultProxy.Start(Server.ConnectionString);
        proxy.BytesPerSecond = SlowLink;
        var bus = await ConnectThroughAsync(proxy);

        (await NumbersAsync(bus.Topic(Topic).AsStream().ReadHistoryAsync<Note>())).Should().Equal(Enumerable.Range(0, LargeCount));
        ShouldBeSentOnce(proxy, LargeCount);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task A_tail_of_large_messages_is_read_over_a_slow_link_once()
    {
        await PublishLargeAsync(LargeCount);
        await using var proxy = FaultProxy.Start(Server.ConnectionString);
        proxy.BytesPerSecond = SlowLink;
        var bus = await ConnectThroughAsync(proxy);

        var numbers = new List<int>();
        await foreach (var entry in bus.Topic(Topic).AsStream().TailAsync<Note>(HistoryPoint.Beginning))
        {
            numbers.Add(entry.Message!.Number);
            if (numbers.Count == LargeCount)
            {
                break;
            }
        }

        numbers.Should().Equal(Enumerable.Range(0, LargeCount));
        ShouldBeSentOnce(proxy, LargeCount);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.DeadLetters))]
    public async Task Large_dead_letters_are_read_over_a_slow_link_once()
    {
        var database = await DatabaseAsync();
        var frame = new byte[LargeBytes];
        for (var i = 0; i < LargeCount; i++)
        {
            await database.StreamAddAsync(Key("dead"), [new("m", frame), new("reason", "test"), new("topic", Topic), new("group", "contract"), new("starts", 1), new("at", 1)]);
        }

        await using var proxy = FaultProxy.Start(Server.ConnectionString);
        proxy.BytesPerSecond = SlowLink;
        var bus = await ConnectThroughAsync(proxy);

        (await bus.Topic(Topic).DeadLetters.PeekAsync(100)).Should().HaveCount(LargeCount).And.OnlyContain(letter => letter.Reason == "test");
        ShouldBeSentOnce(proxy, LargeCount);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task Large_scheduled_messages_are_listed_over_a_slow_link_once()
    {
        await PublishLargeAsync(LargeCount, new PublishOptions { Delay = TimeSpan.FromHours(1) });
        await using var proxy = FaultProxy.Start(Server.ConnectionString);
        proxy.BytesPerSecond = SlowLink;
        var bus = await ConnectThroughAsync(proxy);

        (await bus.Topic(Topic).Scheduled.PeekAsync(100)).Select(message => message.MessageId).Should().OnlyHaveUniqueItems().And.HaveCount(LargeCount);
        (await bus.Topic(Topic).Scheduled.PeekAsync(5)).Should().HaveCount(5);
        ShouldBeSentOnce(proxy, LargeCount + 5);
    }

    [ContractFact]
    public async Task Large_messages_are_published_over_a_slow_link_and_small_ones_do_not_wait_for_them()
    {
        await using var proxy = FaultProxy.Start(Server.ConnectionString);
        proxy.BytesPerSecond = SlowLink;
        var bus = await ConnectThroughAsync(proxy, messaging => Fixture.AddTopic(messaging, "small", options => options.Carries<Alarm>("small-alarm"), null));

        var publishing = Task.WhenAll(Enumerable.Range(0, LargeCount).Select(number => bus.PublishToAsync(Topic, Large(number)).AsTask()));
        var acknowledged = 0;
        while (!publishing.IsCompleted)
        {
            await bus.PublishToAsync("small", new Alarm("tick"));
            acknowledged++;
        }

        (await publishing).Select(result => result.MessageId).Should().OnlyHaveUniqueItems();
        acknowledged.Should().BePositive();
        proxy.BytesCarried(LinkDirection.ToServer).Should().BeLessThan(LargeCount * (long)LargeBytes * 12 / 10, "none was sent twice");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task PrefetchBytes_bounds_what_a_consumer_holds()
    {
        const int Each = 256 * 1024;
        var bus = await ConnectAsync(AllowLarge);
        await bus.PublishManyAsync(Enumerable.Range(0, 40).Select(number => new Note(new string('x', Each), number)));
        var release = new TaskCompletionSource();
        var options = FromTheBeginning();
        options.PrefetchBytes = 4 * Each;
        var inbox = new LargeInbox();
        await using var subscription = await bus.SubscribeAsync<Note>(
            Topic,
            async (note, context, token) =>
            {
                await inbox.HandleAsync(note, context, token);
                await release.Task.WaitAsync(token);
            },
            options);
        await inbox.HasAsync(1);

        // What another one gets is what the first one does not hold.
        var others = new LargeInbox();
        await using var other = await bus.SubscribeAsync<Note>(Topic, others.HandleAsync, FromTheBeginning());
        await Eventually.TrueAsync(() => others.Count >= 30, what: $"most are left for others; there are {others.Count}");
        release.SetResult();
        await Eventually.TrueAsync(() => inbox.Count + others.Count == 40, what: "all are handled");
        inbox.Count.Should().BeLessThanOrEqualTo(8);
    }

    private const long ReadSizeOfMost = 2 * (8L << 20);

    private static Note Large(int number) => new(new string((char)('a' + number), LargeBytes), number);

    private static void AllowLarge(RedisMessagingBuilder messaging) => messaging.MaxMessageBytes = 16 << 20;

    private SubscribeOptions FromTheBeginning() => new() { StartAt = Fixture.Capabilities.Groups ? StartPosition.Beginning : StartPosition.Default };

    private static void ShouldBeSentOnce(FaultProxy proxy, int messages) =>
        ((double)proxy.BytesCarried(LinkDirection.ToClient) / (messages * (long)LargeBytes)).Should().BeInRange(1.0, 1.2, "what is sent is sent once");

    private async Task PublishLargeAsync(int count, PublishOptions? options = null)
    {
        var bus = await ConnectAsync(AllowLarge, lease: LargeLease);
        for (var number = 0; number < count; number++)
        {
            await bus.PublishToAsync(Topic, Large(number), options);
        }
    }

    private Task<RedisMessageBus> ConnectThroughAsync(FaultProxy proxy, Action<RedisMessagingBuilder>? configure = null) => ConnectAsync(
        messaging =>
        {
            AllowLarge(messaging);
            configure?.Invoke(messaging);
        },
        lease: LargeLease,
        connection: ConnectionString.Replace(Server.ConnectionString, proxy.ConnectionString, StringComparison.Ordinal));

    /// <summary>Keeps what tells messages apart, and not the messages.</summary>
    private sealed class LargeInbox
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<(int Number, int Attempt)> _received = new();

        public IReadOnlyList<int> Numbers => [.. _received.Select(received => received.Number)];

        public IReadOnlyList<int> Attempts => [.. _received.Select(received => received.Attempt)];

        public int Count => _received.Count;

        public ValueTask HandleAsync(Note note, MessageContext context, CancellationToken cancellationToken)
        {
            _received.Enqueue((note.Number, context.Attempt));
            return ValueTask.CompletedTask;
        }

        public Task HasAsync(int count) => Eventually.TrueAsync(() => Count >= count, TimeSpan.FromSeconds(60), what: $"{count} messages are there; there are {Count}");
    }
}
