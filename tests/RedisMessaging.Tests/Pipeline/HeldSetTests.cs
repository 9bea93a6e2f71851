using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Pipeline;

public sealed class HeldSetTests
{
    [Fact]
    public async Task An_empty_set_has_all_its_room() => (await new InFlightMessages(7).WaitForRoomAsync(3, reserveWillDo: false, default)).Messages.Should().Be(7);

    [Fact]
    public async Task Room_for_so_many_is_waited_for()
    {
        var set = new InFlightMessages(4);
        var held = Fill(set, 4);
        var waiting = set.WaitForRoomAsync(2, reserveWillDo: false, default).AsTask();
        set.Remove(held[0]);
        await StaysWaitingAsync(waiting);
        set.Remove(held[1]);
        (await Eventually.EndsAsync(waiting)).Messages.Should().Be(2);
    }

    [Fact]
    public async Task Once_nothing_is_left_to_take_any_room_will_do()
    {
        var set = new InFlightMessages(4);
        var held = Fill(set, 4);
        var waiting = set.WaitForRoomAsync(3, reserveWillDo: false, default).AsTask();
        set.Remove(held[0]);
        await StaysWaitingAsync(waiting);
        for (var i = 0; i < 4; i++)
        {
            set.Take();
        }

        (await Eventually.EndsAsync(waiting)).Messages.Should().Be(1);
    }

    [Fact]
    public async Task Taking_the_last_one_before_waiting_is_not_forgotten()
    {
        var set = new InFlightMessages(4);
        var held = Fill(set, 4);
        for (var i = 0; i < 4; i++)
        {
            set.Take();
        }

        set.Remove(held[0]);
        (await Eventually.EndsAsync(set.WaitForRoomAsync(3, reserveWillDo: false, default).AsTask())).Messages.Should().Be(1);
    }

    [Fact]
    public async Task Bytes_are_room_as_well_and_half_of_them_are_waited_for()
    {
        var set = new InFlightMessages(10, byteCapacity: 100);
        var held = Enumerable.Range(0, 5).Select(_ => set.Add(Sized(20))).ToArray();
        set.FreeBytes.Should().Be(0);
        var waiting = set.WaitForRoomAsync(1, reserveWillDo: false, default).AsTask();
        set.Remove(held[0]);
        set.Remove(held[1]);
        await StaysWaitingAsync(waiting);
        set.Remove(held[2]);
        (await Eventually.EndsAsync(waiting)).Should().Be(new FreeRoom(8, 60, IsReserve: false));
    }

    [Fact]
    public async Task Once_nothing_is_left_to_take_one_byte_will_do()
    {
        var set = new InFlightMessages(10, byteCapacity: 100);
        var held = Enumerable.Range(0, 5).Select(_ => set.Add(Sized(20))).ToArray();
        Array.ForEach(held, _ => set.Take());
        var waiting = set.WaitForRoomAsync(1, reserveWillDo: false, default).AsTask();
        await StaysWaitingAsync(waiting);
        set.Remove(held[0]);
        (await Eventually.EndsAsync(waiting)).Should().Be(new FreeRoom(6, 20, IsReserve: false));
    }

    [Fact]
    public async Task A_message_larger_than_all_the_bytes_is_held_alone()
    {
        var set = new InFlightMessages(10, byteCapacity: 100);
        (await Eventually.EndsAsync(set.WaitForRoomAsync(1, reserveWillDo: false, default).AsTask())).Bytes.Should().Be(100);
        var held = set.Add(Sized(1_000));
        set.Take();
        var waiting = set.WaitForRoomAsync(1, reserveWillDo: false, default).AsTask();
        await StaysWaitingAsync(waiting);
        set.Remove(held);
        (await Eventually.EndsAsync(waiting)).Should().Be(new FreeRoom(10, 100, IsReserve: false));
    }

    [Fact]
    public void Removing_twice_frees_one_place()
    {
        var set = new InFlightMessages(2);
        var held = Fill(set, 2);
        set.Remove(held[0]);
        set.Remove(held[0]);
        set.Add(default(Delivery) with { });
        set.Add(default(Delivery) with { });
        var adding = () => set.Add(default(Delivery) with { });
        adding.Should().Throw<InvalidOperationException>("there were two places and the reserve");
    }

    [Fact]
    public async Task Beside_redelivered_messages_there_is_a_quarter_more_for_others()
    {
        var set = new InFlightMessages(8);
        var redelivered = set.Add(default(Delivery) with { Redelivered = true });
        var others = Fill(set, 7);
        (await set.WaitForRoomAsync(4, reserveWillDo: true, default)).Should().Be(new FreeRoom(2, long.MaxValue, IsReserve: true));
        Fill(set, 2);
        var waiting = set.WaitForRoomAsync(4, reserveWillDo: true, default).AsTask();
        await StaysWaitingAsync(waiting);
        set.Remove(others[0]);
        (await Eventually.EndsAsync(waiting)).Should().Be(new FreeRoom(1, long.MaxValue, IsReserve: true));
        set.Reserve.Messages.Should().Be(1);
        set.Remove(redelivered);
        set.Reserve.Messages.Should().Be(0, "only redelivered messages open it");
    }

    [Fact]
    public async Task Without_redelivered_messages_there_is_no_reserve()
    {
        var set = new InFlightMessages(8);
        var held = Fill(set, 8);
        var waiting = set.WaitForRoomAsync(4, reserveWillDo: true, default).AsTask();
        set.RemoveAll([held[0], held[1], held[2]]);
        await StaysWaitingAsync(waiting);
        set.Remove(held[3]);
        (await Eventually.EndsAsync(waiting)).Should().Be(new FreeRoom(4, long.MaxValue, IsReserve: false));
    }

    [Fact]
    public async Task More_room_ends_the_wait_for_some()
    {
        var set = new InFlightMessages(2);
        Fill(set, 2);
        var waiting = set.WaitForRoomAsync(2, reserveWillDo: false, default).AsTask();
        await StaysWaitingAsync(waiting);

        set.Capacity = 5;

        (await Eventually.EndsAsync(waiting)).Should().Be(new FreeRoom(3, long.MaxValue, IsReserve: false));
        Fill(set, 3);
        set.Free.Should().Be(0);
    }

    [Fact]
    public void Less_room_keeps_what_is_held_and_has_room_again_once_less_is_held()
    {
        var set = new InFlightMessages(8);
        var held = Fill(set, 8);

        set.Capacity = 2;

        set.Free.Should().Be(0);
        set.RemoveAll([.. held[..6]]);
        set.Free.Should().Be(0, "two are held, and two may be");
        set.Remove(held[6]);
        set.Free.Should().Be(1);
        set.InHand.Should().Be(0, "what is held waits to be taken");
    }

    [Fact]
    public async Task More_bytes_end_the_wait_for_some()
    {
        var set = new InFlightMessages(10, byteCapacity: 100);
        set.Add(default(Delivery) with { Frame = new byte[100] });
        var waiting = set.WaitForRoomAsync(1, reserveWillDo: false, default).AsTask();
        await StaysWaitingAsync(waiting);

        set.ByteCapacity = 300;

        (await Eventually.EndsAsync(waiting)).Bytes.Should().Be(200);
    }

    [Fact]
    public void What_is_held_is_listed()
    {
        var set = new InFlightMessages(3);
        var held = Fill(set, 3);
        set.Remove(held[1]);
        var listed = new List<InFlightMessage>();
        set.CopyTo(listed);
        listed.Should().BeEquivalentTo([held[0], held[2]]);
    }

    [Fact]
    public async Task A_waiter_can_be_cancelled()
    {
        var set = new InFlightMessages(1);
        Fill(set, 1);
        using var cancellation = new CancellationTokenSource();
        var waiting = set.WaitForRoomAsync(1, reserveWillDo: false, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        var awaiting = async () => await waiting;
        await awaiting.Should().ThrowAsync<OperationCanceledException>();
    }

    private static List<InFlightMessage> Fill(InFlightMessages set, int count) => [.. Enumerable.Range(0, count).Select(_ => set.Add(default(Delivery) with { }))];

    private static async Task StaysWaitingAsync(Task waiting)
    {
        await Task.Delay(30);
        waiting.IsCompleted.Should().BeFalse();
    }

    private static Delivery Sized(int bytes) => new() { Frame = new byte[bytes], Receipt = 1, Channel = "topic" };
}
