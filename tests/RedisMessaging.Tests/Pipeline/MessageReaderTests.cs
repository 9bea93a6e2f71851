using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>Reading as a sequence, over a receiver without Redis.</summary>
public sealed class MessageReaderTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_first_verb_counts_and_the_second_says_false()
    {
        await using var consumer = NewConsumer();
        consumer.Push("a");
        consumer.Push("b");
        consumer.Push("c");
        await using var messages = consumer.ReadAsync(default).GetAsyncEnumerator();
        var first = await NextAsync(messages);
        (await first.AckAsync()).Should().BeTrue();
        (await first.AckAsync()).Should().BeFalse();
        (await first.NackAsync()).Should().BeFalse();
        (await first.ExtendAsync()).Should().BeFalse();
        (await (await NextAsync(messages)).NackAsync()).Should().BeTrue();
        (await (await NextAsync(messages)).DeadLetterAsync("not for us")).Should().BeTrue();
        consumer.Receiver.Settlements.Select(settlement => (settlement.Kind, settlement.Starts, settlement.Reason))
            .Should().Equal((SettlementKind.Ack, 1, null), (SettlementKind.Retry, 1, null), (SettlementKind.DeadLetter, 1, "not for us"));
    }

    [Fact]
    public async Task A_verb_on_what_somebody_else_has_says_false()
    {
        await using var consumer = NewConsumer();
        consumer.Receiver.OnSettle = _ => 0;
        consumer.Push("a");
        await using var messages = consumer.ReadAsync(default).GetAsyncEnumerator();
        (await (await NextAsync(messages)).AckAsync()).Should().BeFalse();
    }

    [Fact]
    public async Task A_nack_with_a_delay_is_settled_with_it_and_says_whether_it_was_ours()
    {
        await using var consumer = NewConsumer();
        consumer.Push("a");
        consumer.Push("b");
        await using var messages = consumer.ReadAsync(default).GetAsyncEnumerator();
        (await (await NextAsync(messages)).NackAsync(TimeSpan.FromSeconds(5))).Should().BeTrue();
        consumer.Receiver.Of(SettlementKind.Retry).Single().Delay.Should().Be(TimeSpan.FromSeconds(5));

        consumer.Receiver.OnSettle = _ => 0;
        (await (await NextAsync(messages)).NackAsync(TimeSpan.FromSeconds(5))).Should().BeFalse("somebody else has it");
    }

    [Fact]
    public async Task A_nack_with_a_delay_waits_in_process_where_nothing_is_kept()
    {
        var time = new TestTime();
        await using var consumer = NewConsumer(time, TransportKind.PubSub);
        consumer.Push("a");
        await using var messages = consumer.ReadAsync(default).GetAsyncEnumerator();
        (await (await NextAsync(messages)).NackAsync(TimeSpan.FromSeconds(5))).Should().BeTrue();
        time.Advance(TimeSpan.FromSeconds(4.9));
        await Task.Delay(30);
        consumer.Receiver.Of(SettlementKind.Retry).Should().BeEmpty();
        time.Advance(TimeSpan.FromSeconds(0.1));
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Retry).Count() == 1);
    }

    [Fact]
    public async Task What_is_neither_settled_nor_extended_for_a_lease_is_given_back()
    {
        var time = new TestTime();
        await using var consumer = NewConsumer(time);
        consumer.Push("forgotten");
        await using var messages = consumer.ReadAsync(default).GetAsyncEnumerator();
        var forgotten = await NextAsync(messages);
        await Eventually.TrueAsync(() => time.WaitingTimers > 0);
        time.Advance(Lease - TimeSpan.FromSeconds(1));
        await Task.Delay(30);
        consumer.Receiver.Of(SettlementKind.Retry).Should().BeEmpty();
        await AdvanceUntilAsync(time, () => consumer.Receiver.Of(SettlementKind.Retry).Any());
        (await forgotten.AckAsync()).Should().BeFalse();
        consumer.Log.TextsOf(5004).Should().ContainSingle();
    }

    [Fact]
    public async Task Extending_starts_the_lease_anew()
    {
        var time = new TestTime();
        await using var consumer = NewConsumer(time);
        consumer.Push("long");
        await using var messages = consumer.ReadAsync(default).GetAsyncEnumerator();
        var message = await NextAsync(messages);
        await Eventually.TrueAsync(() => time.WaitingTimers > 0);
        for (var i = 0; i < 5; i++)
        {
            time.Advance(Lease * 0.6);
            await Task.Delay(20);
            (await message.ExtendAsync()).Should().BeTrue();
        }

        (await message.AckAsync()).Should().BeTrue();
        consumer.Receiver.Of(SettlementKind.Retry).Should().BeEmpty();
    }

    [Fact]
    public async Task Moving_on_leaves_the_previous_message_unsettled_and_leaving_gives_it_back()
    {
        var consumer = NewConsumer();
        await using (consumer)
        {
            consumer.Push("a");
            consumer.Push("b");
            consumer.Push("c");
            await using (var messages = consumer.ReadAsync(default).GetAsyncEnumerator())
            {
                await NextAsync(messages);
                await (await NextAsync(messages)).AckAsync();
                consumer.Receiver.Settlements.Should().HaveCount(1);
            }
        }

        consumer.Receiver.Of(SettlementKind.Release).Select(settlement => settlement.Starts).Should().BeEquivalentTo([1, 0], "the first was shown, the third was not");
        consumer.Receiver.IsDisposed.Should().BeTrue();
    }

    [Fact]
    public async Task Cancelling_ends_the_sequence()
    {
        using var cancellation = new CancellationTokenSource();
        await using var consumer = NewConsumer();
        await using var messages = consumer.ReadAsync(cancellation.Token).GetAsyncEnumerator(cancellation.Token);
        var waiting = messages.MoveNextAsync().AsTask();
        await cancellation.CancelAsync();
        var moving = async () => await waiting;
        await moving.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task A_body_that_can_t_be_read_is_shown_with_its_error()
    {
        await using var consumer = NewConsumer();
        consumer.Push("{\"rm\":1,\"id\":\"bad\",\"type\":\"text\"}\n{"u8.ToArray());
        await using var messages = consumer.ReadAsync(default).GetAsyncEnumerator();
        var bad = await NextAsync(messages);
        bad.MessageId.Should().Be("bad");
        bad.Error.Should().NotBeNull();
        bad.TryGetMessage(out _).Should().BeFalse();
        var looking = () => bad.Message;
        looking.Should().Throw<InvalidOperationException>().WithMessage("*'bad'*'topic'*Error*");
        (await bad.DeadLetterAsync("unreadable")).Should().BeTrue();
    }

    [Fact]
    public async Task Other_types_are_acked_and_frames_that_are_none_go_aside_unseen()
    {
        await using var consumer = NewConsumer();
        consumer.Push("foreign"u8.ToArray());
        consumer.Push("{\"rm\":1,\"id\":\"1\",\"type\":\"order-shipped\"}\n{}"u8.ToArray());
        consumer.Push("mine");
        await using var messages = consumer.ReadAsync(default).GetAsyncEnumerator();
        (await NextAsync(messages)).Message.Should().Be("mine");
        await Eventually.TrueAsync(() => consumer.Receiver.Settlements.Count() == 2);
        consumer.Receiver.Settlements.Select(settlement => settlement.Kind).Should().BeEquivalentTo([SettlementKind.DeadLetter, SettlementKind.Ack]);
    }

    [Fact]
    public async Task A_redelivered_message_s_start_is_recorded_before_it_is_shown()
    {
        await using var consumer = NewConsumer();
        consumer.Push("again", redelivered: true, starts: 4);
        await using var messages = consumer.ReadAsync(default).GetAsyncEnumerator();
        (await NextAsync(messages)).Attempt.Should().Be(5);
        consumer.Receiver.Settlements.Select(settlement => (settlement.Kind, settlement.Starts)).Should().Equal((SettlementKind.Start, 5));
    }

    private static FakeConsumer NewConsumer(TimeProvider? time = null, TransportKind transport = TransportKind.Stream) =>
        new((_, _, _) => ValueTask.CompletedTask, prefetch: 10, time: time, transport: transport);

    private static async Task<ReceivedMessage<string>> NextAsync(IAsyncEnumerator<ReceivedMessage<string>> messages)
    {
        (await Eventually.EndsAsync(messages.MoveNextAsync().AsTask())).Should().BeTrue();
        return messages.Current;
    }

    private static async Task AdvanceUntilAsync(TestTime time, Func<bool> condition) =>
        await Eventually.TrueAsync(async () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(20);
            return condition();
        });
}
