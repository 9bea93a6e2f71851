using System.Text;

namespace RedisMessaging.ContractTests;

/// <summary>What others wrote is bounded where it is kept, logged and sent, and text is text or is refused.</summary>
public abstract partial class TransportContract<TFixture>
{
    private const int MostBytes = 8 * 1024;
    private const string HowLong = "… (20,971,520 characters in all)";

    [ContractFact]
    public async Task An_exception_of_20_MB_is_cut_in_the_log_and_in_the_dead_letters()
    {
        var huge = new string('x', 20 * 1024 * 1024);
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(
            Topic,
            (note, context, token) => note.Text == "bad" ? throw new InvalidOperationException(huge) : inbox.HandleAsync(note, context, token),
            FailsAfter(2));

        await bus.PublishAsync(new Note("bad"));
        await bus.PublishAsync(new Note("good"));

        await inbox.HasAsync(new Note("good"));
        if (Fixture.Capabilities.DeadLetters)
        {
            var letter = await TheDeadLetterAsync(bus);
            letter.Detail.Should().StartWith("System.InvalidOperationException: xxx").And.EndWith(HowLong);
            Encoding.UTF8.GetByteCount(letter.Detail).Should().BeLessThanOrEqualTo(MostBytes);
        }

        await Eventually.TrueAsync(() => Log.Lines.Any(line => line.Text.Contains("xxx", StringComparison.Ordinal)) || Log.Errors.Any(error => error.Message.StartsWith("xxx", StringComparison.Ordinal)), what: "the failure in the log");
        Log.Lines.Should().OnlyContain(line => line.Text.Length <= 2 * MostBytes);
        Log.Errors.Should().OnlyContain(error => Encoding.UTF8.GetByteCount(error.ToString()) <= MostBytes);
    }

    [ContractFact(Requires = nameof(TransportCapabilities.DeadLetters))]
    public async Task A_reason_of_20_MB_is_cut_and_one_that_is_no_text_is_refused()
    {
        var huge = new string('y', 20 * 1024 * 1024);
        var bus = await ConnectAsync();
        await using (await bus.SubscribeAsync<Note>(Topic, (_, _, _) => throw new DeadLetterException(huge, new FormatException(huge))))
        {
            await bus.PublishAsync(new Note("thrown"));
            await Eventually.TrueAsync(async () => await bus.Topic(Topic).DeadLetters.CountAsync() == 1, what: "the first dead letter");
        }

        if (Fixture.Capabilities.Durable)
        {
            await bus.PublishAsync(new Note("read"));
            await using var reading = bus.ReadAsync<Note>(Topic).GetAsyncEnumerator();
            (await reading.MoveNextAsync()).Should().BeTrue();
            var received = reading.Current;
            await FluentActions.Awaiting(() => received.DeadLetterAsync("half\ud800").AsTask()).Should().ThrowAsync<ArgumentException>().WithMessage("*surrogate pair at 4*");
            (await received.DeadLetterAsync(huge)).Should().BeTrue();
        }

        var letters = await bus.Topic(Topic).DeadLetters.PeekAsync();
        letters.Should().HaveCount(Fixture.Capabilities.Durable ? 2 : 1).And.OnlyContain(letter => letter.Reason.EndsWith(HowLong) && Encoding.UTF8.GetByteCount(letter.Reason) <= MostBytes && Encoding.UTF8.GetByteCount(letter.Detail) <= MostBytes);
    }

    [ContractFact]
    public async Task A_type_s_name_of_a_megabyte_is_cut()
    {
        var bus = await ConnectAsync();
        var inbox = new Inbox();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await SendRawAsync(await DatabaseAsync(), Topic, Utf8($"{{\"rm\":1,\"id\":\"bad\",\"type\":\"{new string('z', 1 << 20)}\"}}\n{{}}"));
        await bus.PublishAsync(new Note("after"));

        await inbox.HasAsync(1);
        if (Fixture.Capabilities.DeadLetters)
        {
            (await TheDeadLetterAsync(bus)).Detail.Should().Contain("(1,048,576 characters in all)' is not one that topic").And.Contain("Carries");
        }

        Log.Lines.Should().OnlyContain(line => line.Text.Length <= 2 * MostBytes);
    }

    [ContractFact]
    public async Task A_failure_of_20_MB_reaches_its_asker_cut()
    {
        var bus = await ConnectAsync(messaging => messaging.AddRequestHandler<Note, Sum>((_, _, _) => throw new InvalidOperationException(new string('x', 20 * 1024 * 1024))));

        var asking = () => Eventually.EndsAsync(bus.RequestAsync<Note, Sum>(new Note("bad")).AsTask());

        var error = (await asking.Should().ThrowAsync<RemoteRequestException>()).Which;
        error.RemoteMessage.Should().StartWith("xxx").And.EndWith(HowLong);
        Encoding.UTF8.GetByteCount(error.RemoteMessage).Should().BeLessThanOrEqualTo(MostBytes);
    }

    [ContractFact]
    public async Task Half_a_surrogate_pair_is_refused_in_body_headers_key_and_ids()
    {
        const string Half = "half\ud83d";
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);
        foreach (var options in new PublishOptions[]
                 {
                     new() { MessageId = Half }, new() { Key = Half }, new() { CorrelationId = Half }, new() { Headers = new Dictionary<string, string> { ["a"] = Half } },
                     new() { Headers = new Dictionary<string, string> { [Half] = "a" } },
                 })
        {
            await FluentActions.Awaiting(() => bus.PublishAsync(new Note("a"), options).AsTask()).Should().ThrowAsync<PublishRefusedException>().WithMessage("*surrogate pair at 4*");
        }

        await FluentActions.Awaiting(() => bus.PublishAsync(new Note(Half)).AsTask()).Should().ThrowAsync<PublishRefusedException>().WithMessage($"*topic '{Topic}'*surrogate pair at 4*");
        await bus.PublishAsync(new Note("whole 👋 \ufffd"));

        await inbox.HasAsync(1);
        inbox.Notes.Should().Equal(new Note("whole 👋 \ufffd"));
    }

    [ContractFact]
    public async Task A_byte_order_mark_in_front_of_a_body_is_read_over()
    {
        var inbox = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, inbox.HandleAsync);

        await SendRawAsync(await DatabaseAsync(), Topic, Utf8(Head + "\uFEFF{\"text\":\"marked\"}"));

        await inbox.HasAsync(new Note("marked"));
    }
}
