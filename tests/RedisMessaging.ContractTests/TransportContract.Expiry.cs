namespace RedisMessaging.ContractTests;

/// <summary>Messages that are of no use after a while.</summary>
public abstract partial class TransportContract<TFixture>
{
    private static readonly PublishOptions Perishable = new() { TimeToLive = TimeSpan.FromMilliseconds(100) };

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task An_expired_message_reaches_no_handler_and_is_kept_aside()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        var published = await bus.PublishAsync(new Note("stale"), Perishable);
        await bus.PublishAsync(new Note("fresh"), new PublishOptions { TimeToLive = TimeSpan.FromHours(1) });
        await Task.Delay(200);

        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await inbox.HasAsync(1);
        inbox.Notes.Should().Equal(new Note("fresh"));
        inbox.Contexts[0].ExpiresAt.Should().BeCloseTo(TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1), TimeSpan.FromMinutes(1));
        var letter = await TheDeadLetterAsync(bus);
        letter.Reason.Should().Be("expired");
        letter.MessageId.Should().Be(published.MessageId);
        letter.Attempts.Should().Be(0);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_redriven_message_does_not_expire_again()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        await bus.PublishAsync(new Note("stale"), Perishable);
        await Task.Delay(200);
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        var letter = await TheDeadLetterAsync(bus);

        (await bus.Topic(Topic).DeadLetters.RedriveAsync(letter.Id)).Should().BeTrue();

        await inbox.HasAsync(new Note("stale"));
        inbox.Contexts[0].ExpiresAt.Should().BeNull();
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Durable))]
    public async Task A_reader_is_not_given_what_is_expired()
    {
        var bus = await ConnectAsync();
        await bus.PublishAsync(new Note("stale"), Perishable);
        await bus.PublishAsync(new Note("fresh"));
        await Task.Delay(200);

        await using var messages = bus.ReadAsync<Note>(Topic).GetAsyncEnumerator();

        (await Eventually.EndsAsync(messages.MoveNextAsync().AsTask())).Should().BeTrue();
        messages.Current.Message.Text.Should().Be("fresh");
        (await TheDeadLetterAsync(bus)).Reason.Should().Be("expired");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task A_message_expires_while_it_waits_for_another_attempt()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, async (note, context, token) =>
        {
            await inbox.HandleAsync(note, context, token);
            throw new RetryAfterException(TimeSpan.FromSeconds(4));
        });

        await bus.PublishAsync(new Note("perishable"), new PublishOptions { TimeToLive = TimeSpan.FromSeconds(3) });

        (await TheDeadLetterAsync(bus)).Reason.Should().Be("expired");
        inbox.Count.Should().Be(1);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.Scheduling))]
    public async Task The_time_to_live_counts_from_when_a_message_is_due()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await bus.PublishAsync(new Note("later"), new PublishOptions { Delay = TimeSpan.FromSeconds(3), TimeToLive = TimeSpan.FromSeconds(2.9) });

        await inbox.HasAsync(new Note("later"));
    }

    [ContractFact]
    public async Task An_expired_message_is_dropped_by_choice_and_counted()
    {
        // Counters are the process': only a name of its own tells this test's from others'.
        var topic = "perishables-" + Guid.NewGuid().ToString("N");
        using var expired = new Counted("redismessaging.messages.expired", topic);
        using var handled = new Counted("redismessaging.messages.handled", topic);
        var bus = await ConnectAsync(messaging => Fixture.AddTopic(
            messaging,
            topic,
            options =>
            {
                options.Carries<Note>();
                options.OnExpired = ExpiredPolicy.Drop;
            },
            null));
        var inbox = new Inbox();
        var gate = new TaskCompletionSource();
        await bus.SubscribeAsync<Note>(topic, async (note, context, token) =>
        {
            await gate.Task.WaitAsync(token);
            await inbox.HandleAsync(note, context, token);
        });

        // The first keeps the only handler busy until the second is past its time.
        await bus.PublishToAsync(topic, new Note("first"));
        await bus.PublishToAsync(topic, new Note("stale"), Perishable);
        await bus.PublishToAsync(topic, new Note("last"));
        await Task.Delay(200);
        gate.SetResult();

        await inbox.HasAsync(2);
        inbox.Notes.Should().Equal(new Note("first"), new Note("last"));
        await Eventually.TrueAsync(() => handled.Total == 2);
        expired.Total.Should().Be(1);
        if (Fixture.Capabilities.DeadLetters)
        {
            (await bus.Topic(topic).DeadLetters.CountAsync()).Should().Be(0);
        }
    }

    [ContractFact]
    public async Task A_time_to_live_that_is_none_is_refused()
    {
        var bus = await ConnectAsync();

        var publishing = async () => await bus.PublishAsync(new Note("never"), new PublishOptions { TimeToLive = TimeSpan.Zero });

        await publishing.Should().ThrowAsync<PublishRefusedException>().WithMessage($"*'{Topic}'*TimeToLive is 00:00:00*more than 0*");
    }
}
