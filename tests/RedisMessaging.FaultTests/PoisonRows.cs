namespace RedisMessaging.FaultTests;

/// <summary>Messages that nobody can handle: they end among the dead letters, and what was near them does not.</summary>
public sealed class PoisonRows(ITestOutputHelper output) : FaultTest(output)
{
    private const int MaxAttempts = 3;
    private const int Concurrency = 16;

    // The first start is not recorded, since it would cost every message a round trip.
    private const int Deaths = MaxAttempts + 1;

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_14_poison(TransportKind kind)
    {
        var run = await StartAsync(14, kind, Options);
        await using var consumer = await RestartedConsumer.StartAsync(run, ChildOptions(run));
        await run.LoadAsync();

        var kills = await run.PublishOneAsync(Poison.Kills);
        var throws = await run.PublishOneAsync(Poison.Throws);
        await Eventually.TrueAsync(async () => (await run.Publisher.Topic(FaultRun.Topic).DeadLetters.CountAsync()) == 2, TimeSpan.FromSeconds(60), "both are dead letters");
        run.Able();

        var report = await run.FinishAsync(await consumer.LastAsync());
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        report.DeadLettered.Should().BeEquivalentTo([kills, throws]);
        run.Log.Handled.Select(handling => handling.Key).Should().NotContain([kills, throws]);
        consumer.Deaths.Should().Be(Deaths);
    }

    /// <summary>Once it ended a worker for each such message, in silence and with its leases renewed.</summary>
    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_32_a_user_s_code_throws_wherever_it_is_called(TransportKind kind)
    {
        var run = await StartAsync(32, kind, Options with { Killed = 0 });
        await using var consumer = await ConsumerProcess.StartAsync(run, ChildOptions(run) with { IsForeign = true });
        await run.LoadAsync();

        var throws = new List<MessageKey>();
        for (var i = 0; i < 2 * Concurrency; i++)
        {
            throws.Add(await run.PublishOneAsync(Poison.Throws));
        }

        await Eventually.TrueAsync(
            async () => await run.Publisher.Topic(FaultRun.Topic).DeadLetters.CountAsync() == throws.Count, TimeSpan.FromSeconds(60), "each of them is a dead letter");
        run.Able();

        var report = await run.FinishAsync(consumer);
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        report.DeadLettered.Should().BeEquivalentTo(throws);
    }

    /// <summary>The fixed handler is another process: poison does not harm it.</summary>
    [Theory]
    [MemberData(nameof(Durable))]
    public async Task One_of_a_thousand_messages_kills_its_process_and_is_the_only_dead_letter_until_it_is_redriven(TransportKind kind)
    {
        const int messages = 1_000;
        var run = await StartAsync(14, kind, Options);
        var letters = run.Publisher.Topic(FaultRun.Topic).DeadLetters;
        await using (var consumer = await RestartedConsumer.StartAsync(run, ChildOptions(run)))
        {
            await run.Publisher.PublishManyAsync(FaultRun.Topic, Enumerable.Range(0, messages).Select(number => new LoadMessage(0, number, number == messages / 2 ? Poison.Kills : null)));
            await Eventually.TrueAsync(
                async () => Handled(run).Count == messages - 1 && await letters.CountAsync() > 0,
                TimeSpan.FromSeconds(60),
                $"{messages - 1} are handled, not {Handled(run).Count}, and one is a dead letter");
            consumer.Deaths.Should().Be(Deaths);
            await (await consumer.LastAsync()).StopAsync();
        }

        var letter = (await letters.PeekAsync()).Should().ContainSingle("nothing that was merely fetched beside it is one").Subject;
        letter.Reason.Should().Be("max-attempts");
        letter.Attempts.Should().Be(MaxAttempts);
        var poison = new MessageKey(0, messages / 2);
        (await run.ReadRedisAsync()).DeadLetters.Should().Equal(poison);
        Handled(run).Should().NotContain(poison);

        await using var mended = await ConsumerProcess.StartAsync(run, ChildOptions(run) with { IsFixed = true });
        (await letters.RedriveAsync(letter.Id)).Should().BeTrue();
        await Eventually.TrueAsync(() => Handled(run).Contains(poison), what: "the redriven message is handled");
        await mended.StopAsync();

        var left = await run.ReadRedisAsync();
        left.IsDrained.Should().BeTrue();
        left.DeadLetterCount.Should().Be(0);
        Handled(run).Should().HaveCount(messages);
        run.Log.Handled.Where(handling => handling.Key == poison).Should().ContainSingle().Which.Attempt.Should().Be(1, "its attempts begin anew");
    }

    private static FaultOptions Options => new() { Consumers = 0, Killed = Deaths, Lease = TimeSpan.FromSeconds(1) };

    private ConsumerProcessOptions ChildOptions(FaultRun run) => new()
    {
        Connection = Server.ConnectionString,
        Prefix = run.Prefix,
        Kind = run.Kind,
        Lease = Options.Lease,
        Concurrency = Concurrency,
        MaxAttempts = MaxAttempts,
    };

    private static HashSet<MessageKey> Handled(FaultRun run) => [.. run.Log.Handled.Select(handling => handling.Key)];
}
