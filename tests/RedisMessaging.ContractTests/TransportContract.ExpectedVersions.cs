namespace RedisMessaging.ContractTests;

/// <summary>Appending on condition of a version, and to a position of the publisher's choice.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact(Without = nameof(TransportCapabilities.ExpectedVersions))]
    public async Task An_expected_version_and_a_position_are_refused()
    {
        var bus = await ConnectAsync();

        foreach (var (name, options) in new[] { ("ExpectedVersion", Expecting(0)), ("Position", new PublishOptions { Position = "1-1" }) })
        {
            await FluentActions.Awaiting(async () => await bus.PublishAsync(new Note("a"), options))
                .Should().ThrowAsync<PublishRefusedException>().WithMessage($"*'{Topic}'*{name}*{Fixture.Kind}*Stream*");
        }
    }

    [ContractFact(Requires = nameof(TransportCapabilities.ExpectedVersions))]
    public async Task A_message_is_appended_to_the_version_it_expects()
    {
        var bus = await ConnectAsync();

        var first = await bus.PublishAsync(new Note("a"), Expecting(0));
        var second = await bus.PublishAsync(new Note("b"), Expecting(1));
        var unconditional = await bus.PublishAsync(new Note("c"));
        var conflicting = async () => await bus.PublishAsync(new Note("d"), Expecting(2));

        (first.Version, second.Version, unconditional.Version).Should().Be((1L, 2L, (long?)null));
        second.Position.Should().NotBeNull();
        var conflict = (await conflicting.Should().ThrowAsync<VersionConflictException>().WithMessage($"*'{Topic}'*version 2*version 3*")).Which;
        (conflict.ExpectedVersion, conflict.ActualVersion, conflict.IsTransient, conflict.Topic).Should().Be((2L, 3L, false, Topic));
        (await HistoryAsync(bus)).Should().Equal("a", "b", "c");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.ExpectedVersions))]
    public async Task A_version_is_known_without_reading_the_stream_and_outlives_what_is_deleted()
    {
        var bus = await ConnectAsync();
        (await bus.Topic(Topic).AsStream().SummarizeHistoryAsync()).Version.Should().Be(0);
        var results = await bus.PublishManyAsync(Topic, Notes(5), Expecting(0));
        var database = await DatabaseAsync();

        await database.StreamDeleteAsync(Key("stream"), [results[4].Position]);
        await database.StreamTrimAsync(Key("stream"), 1, useApproximateMaxLength: false);

        var summary = await bus.Topic(Topic).AsStream().SummarizeHistoryAsync();
        (summary.Count, summary.Version).Should().Be((1, 5));
        (await bus.PublishAsync(new Note("sixth"), Expecting(summary.Version))).Version.Should().Be(6);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.ExpectedVersions))]
    public async Task Several_messages_with_an_expected_version_are_stored_all_or_none()
    {
        var bus = await ConnectAsync();
        var stored = await bus.PublishManyAsync(Topic, Notes(150), Expecting(0));
        // Its third message would expect just the version that there is.
        var late = async () => await bus.PublishManyAsync(Topic, Notes(4), Expecting(148));

        stored.Select(result => result.Version).Should().Equal(Enumerable.Range(1, 150).Select(version => (long?)version));
        var conflict = (await late.Should().ThrowAsync<VersionConflictException>()).Which;
        (conflict.ExpectedVersion, conflict.ActualVersion).Should().Be((148L, 150L));
        (await StoredAsync()).Should().Be(150);
        (await bus.PublishManyAsync(Topic, [new(new Note("x"), Expecting(150)), new OutgoingMessage<Note>(new Note("y"))]))[1].Version.Should().Be(152, "what is said of the first one counts for all");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.ExpectedVersions))]
    public async Task Several_messages_that_can_not_be_stored_in_one_step_are_refused()
    {
        var bus = await ConnectAsync();
        IEnumerable<OutgoingMessage<Note>>[] all =
        [
            Notes(1_001).Select((note, i) => new OutgoingMessage<Note>(note, Expecting(i))),
            [new(new Note("a"), Expecting(0)), new(new Note("b"), Expecting(2))],
            [new(new Note("a"), Expecting(0) with { MessageId = "one" }), new(new Note("b"), new PublishOptions { MessageId = "one" })],
            [new(new Note("a"), Expecting(0) with { Position = "5-1" }), new(new Note("b"), new PublishOptions { Position = "5-1" })],
            [new(new Note("a"), Expecting(0)), new(new Note("b"), new PublishOptions { Key = new string('k', 300) })],
        ];

        foreach (var messages in all)
        {
            await FluentActions.Awaiting(async () => await bus.PublishManyAsync(Topic, messages)).Should().ThrowAsync<PublishRefusedException>();
        }

        (await StoredAsync()).Should().Be(0);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.ExpectedVersions))]
    public async Task An_expected_version_behind_a_thousand_messages_is_refused_with_each_ones_outcome()
    {
        var bus = await ConnectAsync();

        var publishing = async () => await bus.PublishManyAsync(Topic, Notes(1_001).Select((note, i) => new OutgoingMessage<Note>(note, i < 1_000 ? null : Expecting(i))));

        var outcomes = (await publishing.Should().ThrowAsync<PublishManyException>()).Which.Outcomes;
        outcomes.Take(1_000).Should().OnlyContain(outcome => outcome.Error == null);
        outcomes[1_000].Error.Should().BeOfType<PublishRefusedException>();
        (await StoredAsync()).Should().Be(1_000);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.ExpectedVersions))]
    public async Task A_message_gets_the_position_it_asks_for()
    {
        var bus = await ConnectAsync();

        var first = await bus.PublishAsync(new Note("a"), new PublishOptions { Position = "1763712000123" });
        var second = await bus.PublishAsync(new Note("b"), new PublishOptions { Position = "1763712000123-18446744073709551614", ExpectedVersion = 1 });
        var third = await bus.PublishAsync(new Note("c"), new PublishOptions { Position = "1763712000123-18446744073709551615" });
        var late = async () => await bus.PublishAsync(new Note("d"), new PublishOptions { Position = "1763712000123-18446744073709551615" });

        (first.Position, second.Position, third.Position).Should().Be(("1763712000123-0", "1763712000123-18446744073709551614", "1763712000123-18446744073709551615"));
        (first.Version, second.Version).Should().Be((1, 2));
        await late.Should().ThrowAsync<PublishRefusedException>().WithMessage($"*'{Topic}'*Position*'1763712000123-18446744073709551615'*last*'1763712000123-18446744073709551615'*");
        (await HistoryAsync(bus)).Should().Equal("a", "b", "c");
        (await bus.PublishAsync(new Note("e"))).Position.Should().NotBeNull("Redis goes on behind it");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.ExpectedVersions))]
    public async Task Of_several_messages_with_positions_each_is_refused_by_itself()
    {
        var bus = await ConnectAsync();

        var publishing = async () => await bus.PublishManyAsync(Topic, [At("5-0"), At("4-9"), At("5-1")]);

        static OutgoingMessage<Note> At(string position) => new(new Note(position), new PublishOptions { Position = position });

        var outcomes = (await publishing.Should().ThrowAsync<PublishManyException>()).Which.Outcomes;
        outcomes.Select(outcome => outcome.Error is null).Should().Equal(true, false, true);
        outcomes[1].Error!.Message.Should().Contain("'4-9'").And.Contain("'5-0'");
        (await HistoryAsync(bus)).Should().Equal("5-0", "5-1");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.ExpectedVersions))]
    public async Task A_version_or_position_that_makes_no_sense_is_refused()
    {
        var bus = await ConnectAsync();
        (PublishOptions Options, string Says)[] all =
        [
            (Expecting(-1), "ExpectedVersion*-1"),
            (new() { Position = "" }, "Position"),
            (new() { Position = "yesterday" }, "Position*'yesterday'"),
            (new() { Position = "5-*" }, "Position*'5-*'"),
            (new() { Position = "0-0" }, "'0-0'"),
            (Expecting(0) with { Delay = TimeSpan.FromSeconds(1) }, "ExpectedVersion*Delay"),
            (new() { Position = "5-0", NotBefore = DateTimeOffset.UnixEpoch }, "Position*NotBefore"),
        ];

        foreach (var (options, says) in all)
        {
            await FluentActions.Awaiting(async () => await bus.PublishAsync(new Note("a"), options)).Should().ThrowAsync<PublishRefusedException>().WithMessage($"*{Topic}*{says}*");
        }

        await FluentActions.Awaiting(async () => await bus.PublishManyAsync(Topic, Notes(2), new PublishOptions { Position = "5-0" })).Should().ThrowAsync<ArgumentException>().WithMessage("*Position*5-0*");
        (await StoredAsync()).Should().Be(0);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.ExpectedVersions))]
    public async Task A_message_that_was_published_before_is_a_duplicate_and_no_conflict()
    {
        var bus = await ConnectAsync();
        await bus.PublishAsync(new Note("a"), Expecting(0) with { MessageId = "a" });
        var refused = async () => await bus.PublishAsync(new Note("b"), Expecting(0) with { MessageId = "b" });
        await refused.Should().ThrowAsync<VersionConflictException>();

        var again = await bus.PublishAsync(new Note("a"), Expecting(0) with { MessageId = "a" });
        var right = await bus.PublishAsync(new Note("b"), Expecting(1) with { MessageId = "b" });

        (again.Duplicate, again.Version, again.Position).Should().Be((true, null, null));
        (right.Duplicate, right.Version).Should().Be((false, 2), "what was refused left no id");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.ExpectedVersions))]
    public async Task A_filter_may_say_what_version_is_expected()
    {
        var bus = await ConnectAsync(messaging => messaging.AddPublishFilter(new ExpectingFilter()));
        await bus.PublishAsync(new Note("a"), Expecting(0));

        await FluentActions.Awaiting(async () => await bus.PublishAsync(new Note("b"), Expecting(1))).Should().ThrowAsync<VersionConflictException>().WithMessage("*version 0*version 1*");
    }

    private static PublishOptions Expecting(long version) => new() { ExpectedVersion = version };

    private static async Task<List<string>> HistoryAsync(RedisMessageBus bus)
    {
        var texts = new List<string>();
        await foreach (var entry in bus.Topic(Topic).AsStream().ReadHistoryAsync<Note>())
        {
            texts.Add(entry.Message.Text);
        }

        return texts;
    }

    /// <summary>Whatever its publisher said, nothing must have been published before.</summary>
    private sealed class ExpectingFilter : IPublishFilter
    {
        public ValueTask<PublishResult> PublishAsync(PublishContext context, PublishNext next, CancellationToken cancellationToken)
        {
            context.ExpectedVersion = 0;
            return next(context, cancellationToken);
        }
    }
}
