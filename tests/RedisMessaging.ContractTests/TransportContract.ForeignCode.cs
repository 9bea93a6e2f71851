namespace RedisMessaging.ContractTests;

/// <summary>A user's code that throws where it is not expected: the other messages are handled, the bad one comes to an end, and the consumer stops cleanly.</summary>
public abstract partial class TransportContract<TFixture>
{
    private const int GoodNotes = 12;
    private const int PubSubDiscarded = 10002;
    private const int HeldNumber = 99;

    private static readonly HandlerForm[] Handlers = [HandlerForm.Class, HandlerForm.Delegate, HandlerForm.Batch, HandlerForm.Request];

    [ContractFact]
    public Task A_condition_of_Never_that_throws_stops_no_consumer() => TryEachAsync(ForeignFault.Condition, Handlers);

    [ContractFact]
    public Task An_exception_whose_Message_throws_stops_no_consumer() => TryEachAsync(ForeignFault.Message, Handlers);

    [ContractFact]
    public Task An_exception_whose_ToString_throws_stops_no_consumer() => TryEachAsync(ForeignFault.Text, Handlers);

    [ContractFact]
    public Task A_logger_that_throws_stops_no_consumer() => TryEachAsync(ForeignFault.Logger, [.. Handlers, HandlerForm.Reader]);

    [ContractFact]
    public Task A_meter_listener_that_throws_stops_no_consumer() => TryEachAsync(ForeignFault.Meter, [.. Handlers, HandlerForm.Reader]);

    [ContractFact]
    public Task A_filter_that_throws_before_the_handler_stops_no_consumer() => TryEachAsync(ForeignFault.FilterBefore, Handlers);

    [ContractFact]
    public Task A_filter_that_throws_after_the_handler_stops_no_consumer() => TryEachAsync(ForeignFault.FilterAfter, Handlers);

    [ContractFact]
    public Task A_serializer_that_throws_stops_no_consumer() => TryEachAsync(ForeignFault.Serializer, [.. Handlers, HandlerForm.Reader]);

    // Not of a batch, all of which has failed then.
    [ContractFact]
    public Task A_handler_whose_DisposeAsync_throws_stops_no_consumer() => TryEachAsync(ForeignFault.Dispose, [HandlerForm.Class, HandlerForm.Request]);

    [ContractFact]
    public Task A_handler_that_throws_and_whose_DisposeAsync_throws_stops_no_consumer() => TryEachAsync(ForeignFault.DisposeToo, [HandlerForm.Class, HandlerForm.Batch, HandlerForm.Request]);

    [ContractFact]
    public Task A_callback_on_a_token_that_throws_stops_no_consumer() => TryEachAsync(ForeignFault.Callback, Handlers);

    /// <summary>At the same time: each has a topic and a process of its own.</summary>
    private Task TryEachAsync(ForeignFault fault, IEnumerable<HandlerForm> forms) => Task.WhenAll(forms.Select(form => TryAsync(fault, form)));

    private async Task TryAsync(ForeignFault fault, HandlerForm form)
    {
        var trial = new ForeignTrial(fault, form, $"foreign-{fault}-{form}-{Guid.NewGuid():N}");
        using var meter = fault == ForeignFault.Meter ? new ForeignMeter(trial.Topic) : null;
        var publisher = await ConnectAsync(messaging =>
        {
            Fixture.AddTopic(messaging, trial.Topic, options => options.Carries<Note>(), null);
            messaging.UseSerializer(new ForeignSerializer(throws: false));
        });
        var first = await ForeignConsumer.StartAsync(trial, ConfigureForeign, ConnectionString);

        if (form == HandlerForm.Reader && !Fixture.Capabilities.Durable)
        {
            // Live from its first MoveNext, which does not tell when.
            await Eventually.TrueAsync(async () => (await publisher.PublishToAsync(trial.Topic, new Note("good", HeldNumber + 1))).Receivers > 0);
        }

        var sending = new List<Task<Note?>>();
        for (var number = 0; number < GoodNotes; number++)
        {
            sending.Add(SendAsync(publisher, trial, new Note("good", number)));
            if (number == GoodNotes / 2)
            {
                sending.Add(SendAsync(publisher, trial, new Note(ForeignTrial.Bad, -1)));
            }
        }

        var failed = (await Eventually.EndsAsync(Task.WhenAll(sending), what: $"{form}: all are published")).OfType<Note>();
        await Eventually.TrueAsync(() => trial.Handled.Where(number => number < GoodNotes).Distinct().Count() == GoodNotes, what: $"{form}: all others are handled");
        await IsOverAsync(publisher, trial);
        failed.Select(note => note.Text).Should().BeEquivalentTo(form == HandlerForm.Request ? [ForeignTrial.Bad] : Array.Empty<string>(), $"{form}: an asker gets the failure");
        meter?.Called.Should().BePositive();

        var held = SendAsync(publisher, trial, new Note(ForeignTrial.Held, HeldNumber));
        await Eventually.EndsAsync(trial.Holds, what: $"{form}: it still handles");
        await Eventually.EndsAsync(first.DisposeAsync().AsTask(), what: $"{form}: the consumer stops");
        if (Fixture.Capabilities.Durable)
        {
            var second = new ForeignTrial(ForeignFault.None, form, trial.Topic);
            await using var next = await ForeignConsumer.StartAsync(second, ConfigureForeign, ConnectionString);
            await Eventually.TrueAsync(() => second.Handled.Contains(HeldNumber), what: $"{form}: the next consumer gets what the first gave back");
            (await Eventually.EndsAsync(held)).Should().BeNull();
        }
    }

    private void ConfigureForeign(RedisMessagingBuilder messaging, ForeignTrial trial)
    {
        Configure(messaging, more => Fixture.AddTopic(more, trial.Topic, options => options.Carries<Note>(), null));
        messaging.ShutdownTimeout = TimeSpan.FromMilliseconds(100);
        messaging.UseSerializer(new ForeignSerializer(throws: trial.Fault == ForeignFault.Serializer));
        messaging.AddConsumeFilter(new ForeignFilter(trial.Fault));
    }

    /// <summary>The bad message is a dead letter, or dropped where none are kept; a request's failure is its answer.</summary>
    private async Task IsOverAsync(RedisMessageBus publisher, ForeignTrial trial)
    {
        if (trial.Form == HandlerForm.Request && trial.Fault != ForeignFault.Serializer)
        {
            return;
        }

        if (!Fixture.Capabilities.DeadLetters)
        {
            await Eventually.TrueAsync(() => trial.Log.Lines.Any(line => line.Id == PubSubDiscarded), what: $"{trial.Form}: the bad message is dropped");
            return;
        }

        var letters = publisher.Topic(trial.Topic).DeadLetters;
        await Eventually.TrueAsync(async () => await letters.CountAsync() == 1, what: $"{trial.Form}: the bad message is a dead letter");
        var letter = (await letters.PeekAsync()).Single();
        if (trial.Fault is ForeignFault.Message or ForeignFault.Text or ForeignFault.FilterBefore or ForeignFault.FilterAfter or ForeignFault.Dispose)
        {
            (letter.Reason, letter.Attempts).Should().Be(("max-attempts", ForeignTrial.MaxAttempts), $"{trial.Form}");
            letter.Detail.Should().StartWith(typeof(BrokenException).FullName);
        }
        else if (trial.Fault is ForeignFault.Condition or ForeignFault.DisposeToo && trial.Form != HandlerForm.Reader)
        {
            (letter.Reason, letter.Attempts).Should().Be(("max-attempts", ForeignTrial.MaxAttempts), $"{trial.Form}");
            letter.Detail.Should().Be("System.InvalidOperationException: The bad message.");
        }
    }

    /// <returns>The note, when a request failed.</returns>
    private static async Task<Note?> SendAsync(RedisMessageBus publisher, ForeignTrial trial, Note note)
    {
        if (trial.Form != HandlerForm.Request)
        {
            await publisher.PublishToAsync(trial.Topic, note);
            return null;
        }

        try
        {
            await publisher.RequestAsync<Note, Sum>(note, new RequestOptions { Topic = trial.Topic, Timeout = TimeSpan.FromSeconds(15) });
            return null;
        }
        catch (RemoteRequestException)
        {
            return note;
        }
    }
}
