using System.Collections.Concurrent;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Tests.Support;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>No handler is started with a message that may be somebody else's by now.</summary>
public sealed class LeaseTests
{
    private readonly ConcurrentQueue<string> _handled = new();

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task What_was_prefetched_and_lost_its_lease_is_not_started_and_what_kept_it_is(int concurrency)
    {
        await using var consumer = new FakeConsumer((text, _, _) => Note(text), concurrency);
        // The process was frozen: of what it had fetched before, the even ones are another consumer's.
        consumer.Receiver.Fresh = delivery => (int)delivery.Receipt > 10 || consumer.Receiver.Of(SettlementKind.Extend).Any(settlement => settlement.Delivery.Receipt == delivery.Receipt);
        consumer.Receiver.OnSettle = Owned;
        Push(consumer, 20);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 15);
        await Eventually.TrueAsync(() => consumer.Log.TextsOf(5026).Count() == 5);
        _handled.Should().HaveCount(15).And.NotContain(["2", "4", "6", "8", "10"]);
        consumer.Receiver.Of(SettlementKind.Extend).Should().HaveCount(10, "of what is fresh nothing has to be asked");
        consumer.Receiver.Settlements.Select(settlement => settlement.Kind).Distinct().Should().BeEquivalentTo([SettlementKind.Extend, SettlementKind.Ack]);
    }

    [Fact]
    public async Task While_Redis_does_not_answer_nothing_doubtful_is_started()
    {
        var answers = false;
        await using var consumer = new FakeConsumer((text, _, _) => Note(text), concurrency: 4);
        consumer.Receiver.Fresh = _ => false;
        consumer.Receiver.OnSettle = batch => Volatile.Read(ref answers) ? batch.Length : throw new RedisTimeoutException("Away.", CommandStatus.Sent);
        Push(consumer, 4);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Log.TextsOf(5005).Count() >= 8);
        _handled.Should().BeEmpty();
        Volatile.Write(ref answers, true);
        await Eventually.TrueAsync(() => _handled.Count == 4);
    }

    [Fact]
    public async Task Stopped_while_it_asks_it_gives_back_what_it_did_not_start()
    {
        await using var consumer = new FakeConsumer((text, _, _) => Note(text), shutdownTimeout: TimeSpan.Zero);
        consumer.Receiver.Fresh = _ => false;
        consumer.Receiver.OnSettle = batch => batch[0].Kind == SettlementKind.Extend ? throw new RedisTimeoutException("Away.", CommandStatus.Sent) : batch.Length;
        Push(consumer, 1);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Log.TextsOf(5005).Any());
        await Eventually.EndsAsync(consumer.StopAsync());
        consumer.Receiver.Of(SettlementKind.Release).Single().Starts.Should().Be(0);
        _handled.Should().BeEmpty();
    }

    [Fact]
    public async Task What_waited_on_its_way_to_the_handler_is_looked_at_once_more()
    {
        var looks = new ConcurrentDictionary<RedisValue, int>();
        await using var consumer = new FakeConsumer((text, _, _) => Note(text));
        // Fresh when it is taken, and not when the filters and the inbox are through with it.
        consumer.Receiver.Fresh = delivery => looks.AddOrUpdate(delivery.Receipt, 1, (_, before) => before + 1) == 1;
        consumer.Receiver.OnSettle = Owned;
        Push(consumer, 4);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 2);
        _handled.Should().Equal("1", "3");
    }

    [Fact]
    public async Task Of_a_batch_only_what_is_still_ours_is_handled()
    {
        var isGathered = false;
        await using var consumer = new FakeConsumer(b => b.AddBatchHandler<string>(
            (batch, _) =>
            {
                foreach (var message in batch)
                {
                    _handled.Enqueue(message.Message);
                }

                return ValueTask.CompletedTask;
            },
            h => (h.Group, h.BatchSize, h.BatchWait) = ("group", 6, TimeSpan.FromMinutes(1))));
        consumer.Receiver.Fresh = _ => !Volatile.Read(ref isGathered);
        consumer.Receiver.OnSettle = Owned;
        Push(consumer, 5);
        consumer.Start();
        await Eventually.TrueAsync(() => consumer.Pump.InHand == 5);
        await Task.Delay(50);
        Volatile.Write(ref isGathered, true);
        consumer.Push("6");
        consumer.Push("7");
        await Eventually.TrueAsync(() => consumer.Receiver.Of(SettlementKind.Ack).Count() == 4);
        _handled.Should().Equal("1", "3", "5", "7");
    }

    [Fact]
    public async Task A_reader_is_not_shown_what_is_somebody_else_s()
    {
        await using var consumer = new FakeConsumer((_, _, _) => ValueTask.CompletedTask);
        consumer.Receiver.Fresh = _ => false;
        consumer.Receiver.OnSettle = Owned;
        Push(consumer, 5);
        await foreach (var received in consumer.ReadAsync(default))
        {
            _handled.Enqueue(received.Message);
            await received.AckAsync();
            if (received.Message == "5")
            {
                break;
            }
        }

        _handled.Should().Equal("1", "3", "5");
    }

    [Fact]
    public async Task What_is_handled_and_not_settled_yet_keeps_its_lease()
    {
        var time = new TestTime();
        var isAway = true;
        await using var consumer = new FakeConsumer((text, _, _) => Note(text), time: time);
        consumer.Receiver.OnSettle = batch => batch[0].Kind == SettlementKind.Ack && Volatile.Read(ref isAway) ? throw new RedisTimeoutException("Away.", CommandStatus.Sent) : batch.Length;
        Push(consumer, 1);
        consumer.Start();
        await Eventually.TrueAsync(() => _handled.Count == 1);
        for (var renewals = 1; renewals < 4; renewals++)
        {
            await Eventually.TrueAsync(async () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(5);
                return consumer.Receiver.Of(SettlementKind.Extend).Count() >= renewals;
            });
        }

        Volatile.Write(ref isAway, false);
        await Eventually.TrueAsync(async () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
            return consumer.Receiver.Of(SettlementKind.Ack).Any();
        });
    }

    /// <summary>Of the first ten the even ones are lost, whether asked for alone or in a batch.</summary>
    private static int Owned(Settlement[] batch) => batch.Count(settlement => settlement.Kind != SettlementKind.Extend || (int)settlement.Delivery.Receipt > 10 || (int)settlement.Delivery.Receipt % 2 == 1);

    private static void Push(FakeConsumer consumer, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            consumer.Push(i.ToString());
        }
    }

    private ValueTask Note(string text)
    {
        _handled.Enqueue(text);
        return ValueTask.CompletedTask;
    }
}
