using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Pipeline;

/// <summary>In what order messages are handed out when some of them were redelivered.</summary>
public sealed class ReadyQueueTests
{
    private readonly InFlightMessages _held = new(100);
    private readonly ReadyQueue _queue;

    public ReadyQueueTests() => _queue = new ReadyQueue(_held, TimeProvider.System) { SeparatesSuspects = true, SharesPlaces = true };

    [Fact]
    public void One_in_four_is_new_beside_redelivered_ones()
    {
        Add("r", 8, redelivered: true);
        Add("n", 3);
        TakeAll().Should().Equal("r0", "r1", "r2", "n0", "r3", "r4", "r5", "n1", "r6", "r7", "n2");
    }

    [Fact]
    public void A_new_one_is_next_after_three_that_were_redelivered()
    {
        Add("r", 8, redelivered: true);
        Take(5).Should().Equal("r0", "r1", "r2", "r3", "r4");
        Add("n", 2);
        TakeAll().Should().Equal("n0", "r5", "r6", "r7", "n1");
    }

    [Fact]
    public void A_suspect_goes_before_all_others()
    {
        Add("r", 3, redelivered: true);
        Add("n", 2);
        Add("s", 1, redelivered: true, suspect: true);
        TakeAll().Should().BeEquivalentTo("r0", "r1", "r2", "n0", "n1", "s0");
    }

    [Fact]
    public void Handled_one_after_another_they_keep_their_order()
    {
        _queue.SharesPlaces = false;
        Add("r", 4, redelivered: true);
        Add("n", 1);
        Add("x", 1, redelivered: true);
        TakeAll().Should().Equal("r0", "r1", "r2", "r3", "n0", "x0");
    }

    [Fact]
    public async Task A_waiter_wakes_for_messages_whose_notice_another_one_read()
    {
        Add("r", 6, redelivered: true);
        Take(4).Should().HaveCount(4);
        // Looks for a new one first, past the notices of the two that are left.
        Take(1).Should().Equal("r4");
        (await _queue.WaitAsync(CancellationToken.None).AsTask().WaitAsync(Eventually.Deadline)).Should().BeTrue();
        TakeAll().Should().Equal("r5");
    }

    private void Add(string name, int count, bool redelivered = false, bool suspect = false)
    {
        for (var i = 0; i < count; i++)
        {
            _queue.TryAdd(_held.Add(new Delivery { Frame = default, Receipt = $"{name}{i}", Channel = "topic", Redelivered = redelivered, IsSuspect = suspect }));
        }
    }

    private List<string> TakeAll() => Take(int.MaxValue);

    private List<string> Take(int most)
    {
        var taken = new List<string>();
        while (taken.Count < most && _queue.TryTake(out var held))
        {
            taken.Add(held.Delivery.Receipt!);
        }

        return taken;
    }
}
