using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>A stream as the history of an aggregate: appended to by expected version, whatever happens meanwhile, and replayed.</summary>
public sealed class EventSourcingTests(ITestOutputHelper output) : ContractTest(new StreamFixture(), "resp3", output)
{
    private const string Account = "events-42";
    private const int PublishRetried = 4001;

    [Fact]
    public async Task Several_types_are_replayed_in_order_and_told_apart_by_a_switch()
    {
        var bus = await ConnectAsync(AddAccount);
        await bus.PublishToAsync(Account, new AccountOpened("서연"), Expecting(0));
        await bus.PublishToAsync(Account, new MoneyDeposited(100), Expecting(1));
        await bus.PublishManyAsync<AccountEvent>(Account, [new MoneyWithdrawn(30), new MoneyDeposited(2), new MoneyWithdrawn(5)], Expecting(2));
        await bus.PublishToAsync<AccountEvent>(Account, new MoneyDeposited(7), Expecting(5));

        var seen = new List<string>();
        await foreach (var entry in bus.Topic(Account).AsStream().ReadHistoryAsync<AccountEvent>())
        {
            seen.Add(entry.Message switch
            {
                AccountOpened opened => opened.Owner,
                MoneyDeposited deposited => $"+{deposited.Amount}",
                MoneyWithdrawn withdrawn => $"-{withdrawn.Amount}",
                _ => "?",
            });
        }

        seen.Should().Equal("서연", "+100", "-30", "+2", "-5", "+7");
    }

    [Fact]
    public async Task Each_aggregate_of_a_family_has_its_own_version_and_replay()
    {
        var bus = await ConnectAsync(messaging => messaging.AddStream("events:{aggregateId}", stream =>
        {
            stream.Retention = Retention.Forever;
            stream.Carries<AccountOpened>().Carries<MoneyDeposited>().Carries<MoneyWithdrawn>();
        }));
        await bus.PublishToAsync("events:42", new AccountOpened("서연"), Expecting(0));
        await bus.PublishToAsync("events:7", new AccountOpened("Ada"), Expecting(0));
        await bus.PublishManyAsync<AccountEvent>("events:42", [new MoneyDeposited(100), new MoneyWithdrawn(30)], Expecting(1));

        var conflicting = async () => await bus.PublishToAsync("events:7", new MoneyDeposited(1), Expecting(3));

        var conflict = (await conflicting.Should().ThrowAsync<VersionConflictException>()).Which;
        (conflict.ExpectedVersion, conflict.ActualVersion).Should().Be((3, 1));
        (await bus.Topic("events:42").AsStream().SummarizeHistoryAsync()).Version.Should().Be(3);
        var replayed = new List<AccountEvent>();
        await foreach (var entry in bus.Topic("events:42").AsStream().ReadHistoryAsync<AccountEvent>())
        {
            replayed.Add(entry.Message!);
        }

        replayed.Should().Equal(new AccountOpened("서연"), new MoneyDeposited(100), new MoneyWithdrawn(30));
    }

    [Fact]
    public async Task A_type_that_the_topic_does_not_carry_is_told_whatever_it_is_given_as()
    {
        var bus = await ConnectAsync(AddAccount);
        Func<Task>[] all =
        [
            async () => await bus.PublishToAsync<object>(Account, new Note("a")),
            async () => await bus.PublishManyAsync<Note>(Account, []),
            async () => await bus.PublishManyAsync<object>(Account, [new MoneyDeposited(1), new Note("a")], Expecting(0)),
        ];

        foreach (var publishing in all)
        {
            await publishing.Should().ThrowAsync<RedisMessagingConfigurationException>().WithMessage($"*{Account}*Note*AccountOpened*");
        }

        (await bus.Topic(Account).AsStream().SummarizeHistoryAsync()).Version.Should().Be(0);
    }

    [Fact]
    public async Task Of_writers_that_read_decide_and_retry_each_gets_every_version_once()
    {
        const int writers = 16;
        const int each = 15;
        var buses = new[] { await ConnectAsync(AddAccount), await ConnectAsync(AddAccount) };
        var won = new ConcurrentBag<long>();
        var conflicts = 0;

        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var bus = buses[writer % 2];
            for (var number = 0; number < each;)
            {
                var version = (await bus.Topic(Account).AsStream().SummarizeHistoryAsync()).Version;
                try
                {
                    won.Add((await bus.PublishToAsync(Account, new MoneyDeposited((writer * each) + number), Expecting(version))).Version!.Value);
                    number++;
                }
                catch (VersionConflictException)
                {
                    Interlocked.Increment(ref conflicts);
                }
            }
        })));

        won.Order().Should().Equal(Enumerable.Range(1, writers * each).Select(version => (long)version));
        conflicts.Should().BeGreaterThan(0, "otherwise nothing was tried");
        (await AmountsAsync(buses[0])).Should().BeEquivalentTo(Enumerable.Range(0, writers * each));
    }

    [Fact]
    public async Task Versions_and_conflicts_are_right_after_a_restart()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var bus = await ConnectAsync(AddAccount);
        await bus.PublishManyAsync(Account, Enumerable.Range(0, 10).Select(amount => new MoneyDeposited(amount)), Expecting(0));
        await (await DatabaseAsync()).StreamTrimAsync(AccountKey, 4, useApproximateMaxLength: false);
        await server.RestartAsync();

        // The first one waits for the server, and is tried again.
        var appended = await bus.PublishToAsync(Account, new MoneyDeposited(10), Expecting(10));
        var late = async () => await bus.PublishToAsync(Account, new MoneyDeposited(11), Expecting(10));
        appended.Version.Should().Be(11);
        (await late.Should().ThrowAsync<VersionConflictException>()).Which.ActualVersion.Should().Be(11);
        await server.RestartAsync();

        await bus.PublishToAsync(Account, new MoneyDeposited(11), Expecting(11));
        (await bus.Topic(Account).AsStream().SummarizeHistoryAsync()).Version.Should().Be(12);
        (await AmountsAsync(bus)).Should().Equal(6, 7, 8, 9, 10, 11);
    }

    [Fact]
    public async Task Writers_go_on_while_the_server_restarts()
    {
        await using var server = await RedisServer.StartPrivateAsync(appendOnly: true);
        Server = server;
        var bus = await ConnectAsync(messaging =>
        {
            AddAccount(messaging);
            messaging.PublishTimeout = TimeSpan.FromMinutes(1);
        });
        var appended = 0L;
        using var enough = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                (await bus.PublishToAsync(Account, new MoneyDeposited((int)appended), Expecting(appended))).Version.Should().Be(appended + 1);
                Interlocked.Increment(ref appended);
            }
        });

        for (var i = 0; i < 3; i++)
        {
            var before = Interlocked.Read(ref appended);
            await Eventually.TrueAsync(() => Interlocked.Read(ref appended) > before + 50 || writing.IsCompleted);
            await server.RestartAsync();
        }

        await enough.CancelAsync();
        // No conflict with itself: whatever was cut off was known again.
        await Eventually.EndsAsync(writing);
        (await AmountsAsync(bus)).Should().Equal(Enumerable.Range(0, (int)appended));
    }

    [Fact]
    public async Task An_append_whose_reply_is_lost_does_not_conflict_with_itself()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(AddAccount, connection: link.ConnectionString);
        var first = await bus.PublishToAsync(Account, new AccountOpened("the script is loaded"), Expecting(0));

        var cut = link.CutReplies(1, "*1\r\n"u8);
        var one = await bus.PublishToAsync(Account, new MoneyDeposited(1), Expecting(1));
        cut.IsOver.Should().BeTrue();
        cut = link.CutReplies(1, "*3\r\n"u8);
        var many = await bus.PublishManyAsync(Account, Enumerable.Range(2, 3).Select(amount => new MoneyDeposited(amount)), Expecting(2));
        cut.IsOver.Should().BeTrue();
        cut = link.CutReplies(1, "*1\r\n"u8);
        var above = await bus.PublishToAsync(Account, new MoneyDeposited(5), new PublishOptions { Position = "99999999999999-7" });
        cut.IsOver.Should().BeTrue();

        Log.Lines.Count(line => line.Id == PublishRetried).Should().BeGreaterThanOrEqualTo(3);
        (one.Version, one.Duplicate).Should().Be((2, false));
        many.Select(result => (result.Version, result.Duplicate)).Should().Equal((3, false), (4, false), (5, false));
        (above.Position, above.Duplicate).Should().Be(("99999999999999-7", false));
        string?[] positions = [first.Position, one.Position, .. many.Select(result => result.Position), above.Position];
        (await (await DatabaseAsync()).StreamRangeAsync(AccountKey)).Select(entry => (string?)entry.Id).Should().Equal(positions);
    }

    [Fact]
    public async Task A_conflict_after_a_lost_reply_is_somebody_elses()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(AddAccount, connection: link.ConnectionString);
        var other = await ConnectAsync(AddAccount);
        await bus.PublishToAsync(Account, new AccountOpened("the script is loaded"), Expecting(0));
        await other.PublishToAsync(Account, new MoneyDeposited(1), Expecting(1));

        var cut = link.CutReplies(1, "*1\r\n"u8);
        var publishing = async () => await bus.PublishToAsync(Account, new MoneyDeposited(2), Expecting(1));

        await publishing.Should().ThrowAsync<VersionConflictException>();
        cut.IsOver.Should().BeTrue();
        (await AmountsAsync(bus)).Should().Equal(1);
    }

    [Fact]
    public async Task Where_no_ids_are_remembered_a_lost_reply_is_told_as_such()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        Server = server;
        await using var link = FaultProxy.Start(server.ConnectionString);
        var bus = await ConnectAsync(messaging => AddAccount(messaging, TimeSpan.Zero), connection: link.ConnectionString);
        await bus.PublishToAsync(Account, new AccountOpened("the script is loaded"), Expecting(0));

        link.CutReplies(1, "*1\r\n"u8);
        var publishing = async () => await bus.PublishToAsync(Account, new MoneyDeposited(1), Expecting(1));

        await publishing.Should().ThrowAsync<PublishOutcomeUnknownException>();
        (await AmountsAsync(bus)).Should().Equal(1);
        Log.Lines.Should().NotContain(line => line.Id == PublishRetried);
    }

    [Fact]
    public async Task A_snapshot_is_gone_on_from()
    {
        var bus = await ConnectAsync(AddAccount);
        var results = await bus.PublishManyAsync(Account, Enumerable.Range(1, 5).Select(amount => new MoneyDeposited(amount)), Expecting(0));
        var (balance, version, position) = (1 + 2 + 3, results[2].Version!.Value, results[2].Position!);

        await foreach (var entry in bus.Topic(Account).AsStream().ReadHistoryAsync<AccountEvent>(from: position))
        {
            // The place itself is read, too.
            if (entry.Position != position)
            {
                balance += ((MoneyDeposited)entry.Message).Amount;
                version++;
            }
        }

        (balance, version).Should().Be((15, 5));
        (await bus.PublishToAsync(Account, new MoneyDeposited(6), Expecting(version))).Version.Should().Be(6);
    }

    [Fact]
    public async Task A_projection_is_rebuilt_from_zero()
    {
        var balance = 0;
        var bus = await ConnectAsync(AddAccount);
        await using var projection = await bus.SubscribeAsync<MoneyDeposited>(
            Account,
            (deposited, _, _) =>
            {
                Interlocked.Add(ref balance, deposited.Amount);
                return ValueTask.CompletedTask;
            },
            new SubscribeOptions { Group = "balances" });
        await bus.PublishManyAsync(Account, Enumerable.Range(1, 5).Select(amount => new MoneyDeposited(amount)), Expecting(0));
        await Eventually.TrueAsync(() => Volatile.Read(ref balance) == 15);
        await Eventually.TrueAsync(async () => (await bus.Topic(Account).AsStream().Groups.ListAsync()).Single().Pending == 0);

        Volatile.Write(ref balance, 0);
        await bus.Topic(Account).AsStream().Groups.SeekAsync("balances", HistoryPoint.Beginning);

        await Eventually.TrueAsync(() => Volatile.Read(ref balance) == 15);
    }

    private string AccountKey => $"{Prefix}{{{Account}}}:stream";

    private static PublishOptions Expecting(long version) => new() { ExpectedVersion = version };

    private static void AddAccount(RedisMessagingBuilder messaging) => AddAccount(messaging, null);

    private static void AddAccount(RedisMessagingBuilder messaging, TimeSpan? deduplicationWindow) => messaging.AddStream(Account, stream =>
    {
        stream.Carries<AccountOpened>().Carries<MoneyDeposited>().Carries<MoneyWithdrawn>();
        stream.DeduplicationWindow = deduplicationWindow ?? stream.DeduplicationWindow;
    });

    private static async Task<List<int>> AmountsAsync(RedisMessageBus bus)
    {
        var amounts = new List<int>();
        await foreach (var entry in bus.Topic(Account).AsStream().ReadHistoryAsync<MoneyDeposited>())
        {
            amounts.Add(entry.Message.Amount);
        }

        return amounts;
    }
}
