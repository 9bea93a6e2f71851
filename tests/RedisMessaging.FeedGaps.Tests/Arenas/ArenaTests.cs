using Pipelines.Sockets.Unofficial.Arenas;

namespace RedisMessaging.FeedGaps.Tests.Arenas;

public sealed class ArenaTests
{
    private const int BlockLength = 10;

    [Fact]
    public void Allocations_follow_each_other_in_a_block()
    {
        using var arena = NewArena<int>();
        var first = arena.Allocate(4);
        var second = arena.Allocate(6);
        Fill(first, 100);
        Fill(second, 200);

        first.IsSingleSegment.Should().BeTrue();
        second.IsSingleSegment.Should().BeTrue();
        Values(first).Should().Equal(100, 101, 102, 103);
        Values(second).Should().Equal(200, 201, 202, 203, 204, 205);
    }

    [Fact]
    public void An_allocation_goes_on_in_the_next_block()
    {
        using var arena = NewArena<int>();
        var before = arena.Allocate(7);
        var across = arena.Allocate(8);
        var after = arena.Allocate(5);
        Fill(before, 100);
        Fill(across, 200);
        Fill(after, 300);

        across.IsSingleSegment.Should().BeFalse();
        across.FirstSpan.Length.Should().Be(3);
        SpanLengths(across).Should().Equal(3, 5);
        after.IsSingleSegment.Should().BeTrue();
        Values(before).Should().Equal(Enumerable.Range(100, 7));
        Values(across).Should().Equal(Enumerable.Range(200, 8));
        Values(after).Should().Equal(Enumerable.Range(300, 5));
    }

    [Fact]
    public void A_full_block_is_left_for_the_next_one()
    {
        using var arena = NewArena<int>();
        arena.Allocate(BlockLength);
        var next = arena.Allocate(BlockLength);
        next.IsSingleSegment.Should().BeTrue();
        next.FirstSpan.Length.Should().Be(BlockLength);
    }

    [Fact]
    public void An_allocation_longer_than_a_block_works_wherever_it_starts()
    {
        for (var used = 0; used <= BlockLength; used++)
        {
            using var arena = NewArena<int>();
            var before = arena.Allocate(used);
            var large = arena.Allocate(1000);
            var after = arena.Allocate(3);
            Fill(before, 10_000);
            Fill(large, 20_000);
            Fill(after, 30_000);

            Values(before).Should().Equal(Enumerable.Range(10_000, used));
            Values(large).Should().Equal(Enumerable.Range(20_000, 1000));
            Values(after).Should().Equal(Enumerable.Range(30_000, 3));
        }
    }

    [Fact]
    public void A_reset_hands_the_same_memory_out_again()
    {
        using var arena = NewArena<int>();
        var first = arena.Allocate(4);
        arena.Reset();
        var again = arena.Allocate(4);

        Fill(again, 500);
        Values(first).Should().Equal(500, 501, 502, 503);
    }

    [Fact]
    public void After_a_reset_an_allocation_spans_the_blocks_that_were_kept()
    {
        var rented = new CountingAllocator<int>();
        using var arena = NewArena(ArenaFlags.None, rented);
        for (var i = 0; i < 4; i++)
        {
            arena.Allocate(BlockLength);
        }

        arena.Reset();
        var all = arena.Allocate(35);
        Fill(all, 0);

        SpanLengths(all).Should().Equal(10, 10, 10, 5);
        Values(all).Should().Equal(Enumerable.Range(0, 35));
        rented.Rented.Should().Be(4);
    }

    [Fact]
    public void Use_after_use_rents_no_more()
    {
        var rented = new CountingAllocator<int>();
        using var arena = NewArena(ArenaFlags.None, rented);
        for (var i = 0; i < 1000; i++)
        {
            arena.Allocate(7);
            arena.Allocate(8);
            arena.Reset();
        }

        rented.Rented.Should().Be(2);
        rented.TakenBack.Should().Be(0);
    }

    [Fact]
    public void A_reset_lets_a_large_block_go()
    {
        var rented = new CountingAllocator<int>();
        using var arena = NewArena(ArenaFlags.None, rented);
        arena.Allocate(1000);
        arena.Reset();
        rented.TakenBack.Should().Be(1);

        Values(arena.Allocate(3)).Should().HaveCount(3);
        rented.Rented.Should().Be(2);
    }

    [Fact]
    public void The_retention_policy_says_how_much_stays()
    {
        var asked = new List<(long Kept, long Used)>();
        var rented = new CountingAllocator<int>();
        var keep = BlockLength * sizeof(int) * 2L;
        using var arena = new Arena<int>(
            new ArenaOptions(ArenaFlags.None, BlockLength * sizeof(int), (kept, used) =>
            {
                asked.Add((kept, used));
                return keep;
            }),
            rented);
        arena.Allocate(45);
        arena.Reset();
        arena.Allocate(BlockLength);
        arena.Allocate(BlockLength);
        arena.Allocate(BlockLength);
        arena.Reset();

        asked.Should().Equal((0, 45 * sizeof(int)), (keep, 30 * sizeof(int)));
        rented.Rented.Should().Be(1 + 3, "the large one goes at once");
        rented.TakenBack.Should().Be(1 + 1, "two of three stay");
    }

    [Fact]
    public void A_reset_clears_only_when_asked_to()
    {
        using var clearing = NewArena<string?>(ArenaFlags.ClearAtReset);
        clearing.Allocate(25)[24] = "kept alive";
        clearing.Allocate(1)[0] = "kept alive";
        clearing.Reset();
        Values(clearing.Allocate(26)).Should().OnlyContain(value => value == null);

        using var keeping = NewArena<string?>();
        keeping.Allocate(1)[0] = "left";
        keeping.Reset();
        keeping.Allocate(1)[0].Should().Be("left");
    }

    [Fact]
    public void Disposing_gives_everything_back_once()
    {
        var rented = new CountingAllocator<string?>();
        var arena = NewArena(ArenaFlags.ClearAtDispose, rented);
        var some = arena.Allocate(15);
        some[14] = "kept alive";
        arena.Dispose();
        arena.Dispose();
        arena.Reset();

        rented.TakenBack.Should().Be(rented.Rented);
        some[14].Should().BeNull();
        var allocate = () => arena.Allocate(1);
        allocate.Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void The_edges()
    {
        using var arena = new Arena<int>(null, null);
        arena.Reset();
        arena.Allocate(0).IsEmpty.Should().BeTrue();
        arena.Allocate(100_000).Length.Should().Be(100_000);
        var negative = () => arena.Allocate(-1);
        negative.Should().Throw<ArgumentOutOfRangeException>();

        // An element larger than a block.
        using var tiny = new Arena<(long, long, long)>(new ArenaOptions(ArenaFlags.None, 1, null), null);
        tiny.Allocate(3).Length.Should().Be(3);
    }

    internal static Arena<T> NewArena<T>(ArenaFlags flags = ArenaFlags.None, Allocator<T>? allocator = null)
        => new(new ArenaOptions(flags, BlockLength * System.Runtime.CompilerServices.Unsafe.SizeOf<T>(), null), allocator);

    internal static void Fill(Sequence<int> sequence, int first)
    {
        for (var i = 0; i < sequence.Length; i++)
        {
            sequence[i] = first + i;
        }
    }

    internal static List<T> Values<T>(Sequence<T> sequence)
    {
        var values = new List<T>();
        foreach (ref var value in sequence)
        {
            values.Add(value);
        }

        return values;
    }

    internal static List<int> SpanLengths<T>(Sequence<T> sequence)
    {
        var lengths = new List<int>();
        foreach (var span in sequence.Spans)
        {
            lengths.Add(span.Length);
        }

        return lengths;
    }

    private sealed class CountingAllocator<T> : Allocator<T>
    {
        public int Rented { get; private set; }

        public int TakenBack { get; private set; }

        public override T[] Rent(int minimumLength)
        {
            Rented++;
            return new T[minimumLength];
        }

        public override void TakeBack(T[] array) => TakenBack++;
    }
}
