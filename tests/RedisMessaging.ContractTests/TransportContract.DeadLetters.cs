using System.Collections.Concurrent;
using System.Text;

namespace RedisMessaging.ContractTests;

/// <summary>What is kept aside, and how it comes back.</summary>
public abstract partial class TransportContract<TFixture>
{
    [ContractFact(Requires = nameof(TransportCapabilities.DeadLetters))]
    public async Task A_dead_letter_says_what_it_is_and_why()
    {
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(Topic, (_, _, _) => throw new InvalidOperationException("The printer burns."), FailsAfter(2, "printing"));
        var before = TimeProvider.System.GetUtcNow();

        var published = await bus.PublishAsync(new Note("종이"), new PublishOptions { Headers = new Dictionary<string, string> { ["tenant"] = "서울" } });

        var letter = await TheDeadLetterAsync(bus);
        letter.Reason.Should().Be("max-attempts");
        letter.Detail.Should().Be("System.InvalidOperationException: The printer burns.");
        letter.Group.Should().Be("printing");
        letter.Attempts.Should().Be(2);
        letter.MessageId.Should().Be(published.MessageId);
        letter.Position.Should().Be(published.Position);
        letter.Type.Should().Be("note");
        letter.Headers.Should().Equal(new Dictionary<string, string> { ["tenant"] = "서울" });
        Encoding.UTF8.GetString(letter.Body.Span).Should().Contain("종이");
        letter.DeadSince.Should().BeCloseTo(before, TimeSpan.FromMinutes(1));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.DeadLetters))]
    public async Task A_redriven_message_is_handled_anew_and_says_so()
    {
        var isFixed = false;
        var handled = new ConcurrentQueue<MessageContext>();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(
            Topic,
            (_, context, _) =>
            {
                if (!Volatile.Read(ref isFixed))
                {
                    throw new InvalidOperationException("Not yet.");
                }

                handled.Enqueue(context);
                return ValueTask.CompletedTask;
            },
            FailsAfter(2));
        var published = await bus.PublishAsync(new Note("again"), new PublishOptions { CorrelationId = "cart-7" });
        var letter = await TheDeadLetterAsync(bus);

        Volatile.Write(ref isFixed, true);
        (await bus.Topic(Topic).DeadLetters.RedriveAsync(letter.Id)).Should().BeTrue();

        await Eventually.TrueAsync(() => !handled.IsEmpty);
        var context = handled.Single();
        context.MessageId.Should().Be(published.MessageId);
        context.CorrelationId.Should().Be("cart-7");
        context.Attempt.Should().Be(1, "attempts begin anew");
        context.RedrivenFrom.Should().Be(letter.Id);
        context.Position.Should().Be(published.Position);
        (await bus.Topic(Topic).DeadLetters.CountAsync()).Should().Be(0);
        (await bus.Topic(Topic).DeadLetters.RedriveAsync(letter.Id)).Should().BeFalse("it is there no more");
    }

    [ContractFact(Requires = nameof(TransportCapabilities.History))]
    public async Task Redriving_reaches_only_the_group_that_failed()
    {
        var failing = new ConcurrentQueue<int>();
        var content = new Inbox();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(
            Topic,
            (_, context, _) =>
            {
                failing.Enqueue(context.Attempt);
                return context.RedrivenFrom is null ? throw new InvalidOperationException("Not yet.") : ValueTask.CompletedTask;
            },
            FailsAfter(1, "failing"));
        await bus.SubscribeAsync<Note>(Topic, content.HandleAsync, new SubscribeOptions { Group = "content" });
        await bus.PublishAsync(new Note("once"));
        var letter = await TheDeadLetterAsync(bus);

        await bus.Topic(Topic).DeadLetters.RedriveAsync(letter.Id);
        await Eventually.TrueAsync(() => failing.Count == 2);
        await bus.PublishAsync(new Note("the next"));

        await content.HasAsync(new Note("the next"));
        content.Notes.Should().Equal(new Note("once"), new Note("the next"));
    }

    [ContractFact(Requires = nameof(TransportCapabilities.DeadLetters))]
    public async Task Dead_letters_can_be_paged_chosen_from_deleted_and_purged()
    {
        var redriven = new ConcurrentQueue<int>();
        var bus = await ConnectAsync();
        await bus.SubscribeAsync<Note>(
            Topic,
            (note, context, _) =>
            {
                if (context.RedrivenFrom is null)
                {
                    throw new DeadLetterException(note.Number % 2 == 0 ? "even" : "odd");
                }

                redriven.Enqueue(note.Number);
                return ValueTask.CompletedTask;
            });
        await bus.PublishManyAsync(Notes(10));
        var letters = bus.Topic(Topic).DeadLetters;
        await Eventually.TrueAsync(async () => await letters.CountAsync() == 10);

        var first = await letters.PeekAsync(4);
        var second = await letters.PeekAsync(4, first[^1].Id);
        var third = await letters.PeekAsync(4, second[^1].Id);
        first.Concat(second).Concat(third).Select(letter => letter.Id).Should().HaveCount(10).And.OnlyHaveUniqueItems();
        (await letters.PeekAsync(4, third[^1].Id)).Should().BeEmpty();

        (await letters.RedriveAllAsync(letter => letter.Reason == "odd")).Should().Be(5);
        await Eventually.TrueAsync(() => redriven.Count == 5);
        redriven.Should().BeEquivalentTo([1, 3, 5, 7, 9]);

        var even = await letters.PeekAsync();
        even.Should().HaveCount(5).And.OnlyContain(letter => letter.Reason == "even");
        (await letters.DeleteAsync(even[0].Id)).Should().BeTrue();
        (await letters.DeleteAsync(even[0].Id)).Should().BeFalse();
        (await letters.PurgeAsync()).Should().Be(4);
        (await letters.CountAsync()).Should().Be(0);
    }

    [ContractFact(Without = nameof(TransportCapabilities.DeadLetters))]
    public async Task Dead_letters_are_refused_where_none_are_kept()
    {
        var bus = await ConnectAsync();

        var reading = () => bus.Topic(Topic).DeadLetters;

        reading.Should().Throw<NotSupportedException>().WithMessage($"*'{Topic}'*{Fixture.Kind}*");
    }

    private static SubscribeOptions FailsAfter(int attempts, string? group = null)
    {
        var options = new SubscribeOptions { Group = group };
        (options.Retry.MaxAttempts, options.Retry.Delay) = (attempts, TimeSpan.FromMilliseconds(1));
        return options;
    }

    private static async Task<DeadLetter> TheDeadLetterAsync(RedisMessageBus bus)
    {
        var letters = bus.Topic(Topic).DeadLetters;
        await Eventually.TrueAsync(async () => await letters.CountAsync() == 1, what: "one dead letter");
        return (await letters.PeekAsync()).Single();
    }
}
