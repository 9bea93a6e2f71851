namespace RedisMessaging.FaultTests;

/// <summary>Processes with different builds of the library on the same topic, as while an upgrade is rolled out.</summary>
public sealed class UpgradeRows(OtherBuilds builds, ITestOutputHelper output) : FaultTest(output), IClassFixture<OtherBuilds>
{
    [Theory]
    [MemberData(nameof(Durable))]
    public async Task Row_28_another_build_shares_the_work_and_takes_it_over_and_one_of_another_layout_refuses(TransportKind kind)
    {
        var run = await StartAsync(28, kind, new FaultOptions { Consumers = 1 });
        await run.LoadAsync(1_000);

        await using var other = await ConsumerProcess.StartAsync(run, ChildOptions(run), builds.Program(OtherBuilds.SameLayout));
        other.Build.Should().Be(OtherBuilds.SameLayout);
        await run.LoadAsync(1_000);
        await Eventually.TrueAsync(() => other.Handled > 100, what: "the other build has its share");
        (run.Log.HandledCount - other.Handled).Should().BeGreaterThan(100, "this build has its share");

        await FluentActions.Awaiting(() => ConsumerProcess.StartAsync(run, ChildOptions(run), builds.Program(OtherBuilds.NextLayout)))
            .Should().ThrowAsync<InvalidOperationException>()
            .WithMessage($"*{nameof(RedisMessagingConfigurationException)}*'{FaultRun.Topic}'*older key layout*Let the processes of the older version handle what is left*");

        run.Able();
        await run.RecoverAsync();
        await run.LoadAsync(1_000);
        await run.StopConsumerAsync(run.Consumers[0]);
        run.Able();
        var report = await run.FinishAsync(other);
        ShouldBeSound(report);
        ShouldLoseNothing(report);
        ShouldDoubleNothing(report);
        ShouldRecoverWithin(report, 1);
    }

    [Theory]
    [MemberData(nameof(Durable))]
    public async Task A_process_of_this_layout_refuses_a_topic_of_the_next_and_the_other_goes_on(TransportKind kind)
    {
        var run = await StartAsync(28, kind, new FaultOptions { Consumers = 0 });
        await using var next = await ConsumerProcess.StartAsync(run, ChildOptions(run), builds.Program(OtherBuilds.NextLayout));
        next.Build.Should().Be(OtherBuilds.NextLayout);

        foreach (var consumers in new[] { 0, 1 })
        {
            await FluentActions.Awaiting(() => RedisMessageBus.ConnectAsync(Server.ConnectionString, messaging =>
                {
                    messaging.KeyPrefix = run.Prefix;
                    messaging.UseJson(LoadJson.Default);
                    messaging.AddTopic<LoadMessage>(FaultRun.Topic, kind);
                    for (var i = 0; i < consumers; i++)
                    {
                        messaging.AddHandler<LoadMessage>((_, _, _) => ValueTask.CompletedTask);
                    }
                }).AsTask())
                .Should().ThrowAsync<RedisMessagingConfigurationException>()
                .WithMessage($"*'{FaultRun.Topic}'*key layout*Upgrade this process*");
        }

        // The layouts of the two builds differ by nothing but their number.
        await run.PublishOneAsync("after");
        await Eventually.TrueAsync(() => next.Handled == 1, what: "the next one handles messages");
        await next.StopAsync();
    }

    private ConsumerProcessOptions ChildOptions(FaultRun run) => new()
    {
        Connection = Server.ConnectionString,
        Prefix = run.Prefix,
        Kind = run.Kind,
        Lease = new FaultOptions().Lease,
        Concurrency = 16,
    };
}
