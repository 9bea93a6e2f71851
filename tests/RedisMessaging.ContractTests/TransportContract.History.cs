using StackExchange.Redis;

namespace RedisMessaging.ContractTests;

/// <summary>What a transport still has of what was published, read without a group.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task History_is_read_forwards_and_backwards_in_pages()
    {
        var bus = await ConnectAsync();
        await bus.PublishManyAsync(Notes(250));

        var forwards = await NumbersAsync(bus.Topic(Topic).AsStream().ReadHistoryAsync<Note>(options: new HistoryOptions { PageSize = 100 }));
        var backwards = await NumbersAsync(bus.Topic(Topic).AsStream().ReadHistoryAsync<Note>(options: new HistoryOptions { PageSize = 125, Backwards = true }));

        forwards.Should().Equal(Enumerable.Range(0, 250));
        backwards.Should().Equal(Enumerable.Range(0, 250).Reverse());
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task History_is_read_between_positions_and_times_both_included()
    {
        var bus = await ConnectAsync();
        var published = await bus.PublishManyAsync(Notes(10));
        await Eventually.TrueAsync(async () => (await bus.PublishAsync(new Note("later", 10))).Position!.Split('-')[0] != published[9].Position!.Split('-')[0]);
        var topic = bus.Topic(Topic);
        var all = await EntriesAsync(topic.AsStream().ReadHistoryAsync<Note>());

        (await NumbersAsync(topic.AsStream().ReadHistoryAsync<Note>(published[3].Position!, published[6].Position!))).Should().Equal(3, 4, 5, 6);
        (await NumbersAsync(topic.AsStream().ReadHistoryAsync<Note>(published[6].Position!, published[3].Position!))).Should().BeEmpty();
        (await NumbersAsync(topic.AsStream().ReadHistoryAsync<Note>(HistoryPoint.After(published[3].Position!), HistoryPoint.Before(published[6].Position!)))).Should().Equal(4, 5);
        (await NumbersAsync(topic.AsStream().ReadHistoryAsync<Note>(from: all[^1].StoredAt))).Should().Equal(all.Where(entry => entry.StoredAt == all[^1].StoredAt).Select(entry => entry.Message.Number));
        (await NumbersAsync(topic.AsStream().ReadHistoryAsync<Note>(to: all[0].StoredAt))).Should().Equal(all.Where(entry => entry.StoredAt == all[0].StoredAt).Select(entry => entry.Message.Number));
        (await NumbersAsync(topic.AsStream().ReadHistoryAsync<Note>(all[0].StoredAt - TimeSpan.FromDays(1), all[^1].StoredAt + TimeSpan.FromDays(1)))).Should().HaveCount(all.Count);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task An_entry_of_the_history_says_all_that_a_handler_is_told()
    {
        var bus = await ConnectAsync();
        var published = await bus.PublishAsync(new Note("종이", 7), new PublishOptions { Key = "k", CorrelationId = "c", Headers = new Dictionary<string, string> { ["tenant"] = "서울" } });

        var entry = (await EntriesAsync(bus.Topic(Topic).AsStream().ReadHistoryAsync<Note>())).Single();

        entry.Message.Should().Be(new Note("종이", 7));
        entry.Position.Should().Be(published.Position);
        entry.StoredAt.Should().BeCloseTo(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));
        var context = entry.Context!;
        (context.MessageId, context.Position, context.Key, context.CorrelationId, context.Headers["tenant"]).Should().Be((published.MessageId, published.Position, "k", "c", "서울"));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task Several_types_are_read_in_their_order_and_one_of_them_alone()
    {
        var bus = await ConnectAsync(topic: options => options.Carries<Note>().Carries<Alarm>());
        await bus.PublishToAsync(Topic, new Note("one", 1));
        await bus.PublishToAsync(Topic, new Alarm("fire"));
        await bus.PublishToAsync(Topic, new Note("two", 2));
        var topic = bus.Topic(Topic);

        var all = await EntriesAsync(topic.AsStream().ReadHistoryAsync<object>());

        all.Select(entry => entry.Message switch
        {
            Note note => note.Text,
            Alarm => "alarm",
            _ => "?",
        }).Should().Equal("one", "alarm", "two");
        (await EntriesAsync(topic.AsStream().ReadHistoryAsync<Alarm>())).Should().ContainSingle();
        FluentActions.Invoking(() => topic.AsStream().ReadHistoryAsync<string>()).Should().Throw<RedisMessagingConfigurationException>().WithMessage($"*'{Topic}'*String*Note*Alarm*");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task What_can_t_be_read_is_an_entry_with_its_error()
    {
        var bus = await ConnectAsync();
        await bus.PublishAsync(new Note("good", 1));
        await using var other = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        var key = $"{Prefix}{{{Topic}}}:stream";
        await other.GetDatabase().StreamAddAsync(key, [new NameValueEntry("user_id", 1), new NameValueEntry("amount", 10)]);
        await other.GetDatabase().StreamAddAsync(key, "m", """{"rm":1,"id":"x","type":"note","at":1}""" + "\n{broken");

        var entries = await EntriesAsync(bus.Topic(Topic).AsStream().ReadHistoryAsync<Note>());

        entries.Should().HaveCount(3);
        entries[0].Error.Should().BeNull();
        (entries[1].Context, entries[1].TryGetMessage(out _)).Should().Be((null, false));
        entries[1].Error!.Message.Should().Contain("envelope");
        entries[2].Context!.MessageId.Should().Be("x");
        FluentActions.Invoking(() => entries[2].Message).Should().Throw<InvalidOperationException>().WithMessage("*Error*");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task Reading_history_takes_nothing_from_anybody()
    {
        var bus = await ConnectAsync();
        await bus.PublishManyAsync(Notes(5));
        await EntriesAsync(bus.Topic(Topic).AsStream().ReadHistoryAsync<Note>());
        var inbox = new Inbox();

        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await inbox.HasAsync(5);
        (await NumbersAsync(bus.Topic(Topic).AsStream().ReadHistoryAsync<Note>())).Should().Equal(0, 1, 2, 3, 4);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task A_tail_follows_from_now_from_the_beginning_and_from_a_position()
    {
        var bus = await ConnectAsync();
        var published = await bus.PublishManyAsync(Notes(3));
        using var stop = new CancellationTokenSource();
        var topic = bus.Topic(Topic);
        var fromNow = Follow(topic.AsStream().TailAsync<Note>(cancellationToken: stop.Token));
        var fromBeginning = Follow(topic.AsStream().TailAsync<Note>(HistoryPoint.Beginning, stop.Token));
        var fromPosition = Follow(topic.AsStream().TailAsync<Note>(published[1].Position!, stop.Token));
        var fromBehind = Follow(topic.AsStream().TailAsync<Note>(HistoryPoint.After(published[1].Position!), stop.Token));
        await Eventually.TrueAsync(() => fromBeginning.Numbers.Count == 3 && fromPosition.Numbers.Count == 2 && fromBehind.Numbers.Count == 1);

        // From now means from the first MoveNext on, which nothing tells from outside: so until one arrives.
        var next = 3;
        await Eventually.TrueAsync(async () =>
        {
            await bus.PublishAsync(new Note("more", next++));
            return !fromNow.Numbers.IsEmpty;
        });

        await Eventually.TrueAsync(() => fromBeginning.Numbers.Count == next && fromPosition.Numbers.Count == next - 1 && fromBehind.Numbers.Count == next - 2);
        fromBeginning.Numbers.Should().Equal(Enumerable.Range(0, next));
        fromPosition.Numbers.Should().Equal(Enumerable.Range(1, next - 1));
        fromBehind.Numbers.Should().Equal(Enumerable.Range(2, next - 2));
        var first = fromNow.Numbers.First();
        first.Should().BeGreaterThanOrEqualTo(3);
        await Eventually.TrueAsync(() => fromNow.Numbers.Count == next - first);
        fromNow.Numbers.Should().Equal(Enumerable.Range(first, next - first));
        await stop.CancelAsync();
        await Eventually.EndsAsync(Task.WhenAll(fromNow.Reading, fromBeginning.Reading, fromPosition.Reading, fromBehind.Reading), what: "the tails");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task A_tail_survives_a_restart_of_the_server_without_missing_an_entry()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var bus = await ConnectAsync();
        using var stop = new CancellationTokenSource();
        var tail = Follow(bus.Topic(Topic).AsStream().TailAsync<Note>(HistoryPoint.Beginning, stop.Token));
        await bus.PublishManyAsync(Notes(100));
        await Eventually.TrueAsync(() => tail.Numbers.Count == 100);

        await server.RestartAsync();

        await Eventually.TrueAsync(async () => await PublishesAsync(bus, new Note("after", 100)));
        await Eventually.TrueAsync(() => tail.Numbers.Contains(100));
        tail.Numbers.Take(100).Should().Equal(Enumerable.Range(0, 100));
        await stop.CancelAsync();
        await Eventually.EndsAsync(tail.Reading, what: "the tail");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task A_summary_counts_and_tells_first_and_last()
    {
        var bus = await ConnectAsync();
        (await bus.Topic(Topic).AsStream().SummarizeHistoryAsync()).Should().Be(new HistorySummary(0, null, null, null, null, 0));

        var published = await bus.PublishManyAsync(Notes(5));

        var summary = await bus.Topic(Topic).AsStream().SummarizeHistoryAsync();
        (summary.Count, summary.First, summary.Last).Should().Be((5, published[0].Position, published[4].Position));
        summary.FirstAt.Should().BeOnOrBefore(summary.LastAt!.Value);
        summary.LastAt.Should().BeCloseTo(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));
    }

    [ContractFact(Without = nameof(TransportCapabilities.History))]
    public async Task Without_a_history_reading_it_is_refused()
    {
        var topic = (await ConnectAsync()).Topic(Topic);

        FluentActions.Invoking(() => topic.AsStream().ReadHistoryAsync<Note>()).Should().Throw<NotSupportedException>().WithMessage($"*'{Topic}'*{Fixture.Kind}*Stream*");
        FluentActions.Invoking(() => topic.AsStream().TailAsync<Note>()).Should().Throw<NotSupportedException>();
        await FluentActions.Awaiting(async () => await topic.AsStream().SummarizeHistoryAsync()).Should().ThrowAsync<NotSupportedException>();
    }

    private static async Task<List<HistoryEntry<T>>> EntriesAsync<T>(IAsyncEnumerable<HistoryEntry<T>> history)
    {
        var entries = new List<HistoryEntry<T>>();
        await foreach (var entry in history)
        {
            entries.Add(entry);
        }

        return entries;
    }

    private static async Task<List<int>> NumbersAsync(IAsyncEnumerable<HistoryEntry<Note>> history) => (await EntriesAsync(history)).ConvertAll(entry => entry.Message.Number);

    private static (System.Collections.Concurrent.ConcurrentQueue<int> Numbers, Task Reading) Follow(IAsyncEnumerable<HistoryEntry<Note>> tail)
    {
        var numbers = new System.Collections.Concurrent.ConcurrentQueue<int>();
        return (numbers, Task.Run(async () =>
        {
            try
            {
                await foreach (var entry in tail)
                {
                    numbers.Enqueue(entry.Message.Number);
                }
            }
            catch (OperationCanceledException)
            {
            }
        }));
    }
}
