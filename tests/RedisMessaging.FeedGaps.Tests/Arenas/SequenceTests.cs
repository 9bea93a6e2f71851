using Pipelines.Sockets.Unofficial.Arenas;
using static RedisMessaging.FeedGaps.Tests.Arenas.ArenaTests;

namespace RedisMessaging.FeedGaps.Tests.Arenas;

public sealed class SequenceTests
{
    [Fact]
    public void The_default_is_empty()
    {
        Sequence<int> empty = default;
        empty.IsEmpty.Should().BeTrue();
        empty.Length.Should().Be(0);
        empty.IsSingleSegment.Should().BeTrue();
        empty.FirstSpan.IsEmpty.Should().BeTrue();
        Values(empty).Should().BeEmpty();
        SpanLengths(empty).Should().BeEmpty();
        empty.Untyped().Length.Should().Be(0);
        default(Sequence).Cast<string>().IsEmpty.Should().BeTrue();
    }

    [Fact]
    public void An_index_reaches_every_segment_and_nothing_else()
    {
        using var arena = NewArena<int>();
        var sequence = Spanning(arena);
        for (var i = 0; i < sequence.Length; i++)
        {
            sequence[i].Should().Be(i);
            ref var element = ref sequence[i];
            element += 1000;
            sequence[i].Should().Be(i + 1000);
        }

        var beyond = () => sequence[(int)sequence.Length];
        var before = () => sequence[-1];
        var nothing = () => default(Sequence<int>)[0];
        beyond.Should().Throw<ArgumentOutOfRangeException>();
        before.Should().Throw<ArgumentOutOfRangeException>();
        nothing.Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Spans_cover_it_and_no_more()
    {
        using var arena = NewArena<int>();
        var sequence = Spanning(arena);
        var values = new List<int>();
        foreach (var span in sequence.Spans)
        {
            values.AddRange(span);
        }

        values.Should().Equal(Enumerable.Range(0, 35));
        SpanLengths(sequence).Should().Equal(7, 10, 10, 8);
        sequence.FirstSpan.ToArray().Should().Equal(Enumerable.Range(0, 7));
    }

    [Fact]
    public void The_enumerator_writes_through_and_stays_at_the_end()
    {
        using var arena = NewArena<int>();
        var sequence = Spanning(arena);
        var writer = sequence.GetEnumerator();
        for (var i = 0; i < sequence.Length; i++)
        {
            writer.GetNext() = -i;
        }

        writer.MoveNext().Should().BeFalse();
        writer.MoveNext().Should().BeFalse();
        sequence[34].Should().Be(-34);
        Values(sequence).Should().Equal(Enumerable.Range(0, 35).Select(i => -i));
    }

    [Fact]
    public void Getting_the_next_at_the_end_throws()
    {
        using var arena = NewArena<int>();
        var sequence = Spanning(arena);
        var past = () =>
        {
            var enumerator = sequence.GetEnumerator();
            for (var i = 0; i <= sequence.Length; i++)
            {
                enumerator.GetNext();
            }
        };
        var ofNothing = () =>
        {
            var enumerator = default(Sequence<int>).GetEnumerator();
            enumerator.GetNext();
        };
        past.Should().Throw<InvalidOperationException>();
        ofNothing.Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void Without_its_type_and_back_it_is_the_same()
    {
        using var arena = NewArena<int>();
        var sequence = Spanning(arena);
        var untyped = sequence.Untyped();
        untyped.Length.Should().Be(35);

        var back = untyped.Cast<int>();
        SpanLengths(back).Should().Equal(7, 10, 10, 8);
        back[34] = 99;
        sequence[34].Should().Be(99);

        var wrong = () => untyped.Cast<long>();
        wrong.Should().Throw<InvalidCastException>();
    }

    [Fact]
    public void Elements_can_hold_their_own_kind()
    {
        using var arena = NewArena<Node>();
        var root = arena.Allocate(12);
        for (var i = 0; i < root.Length; i++)
        {
            var children = arena.Allocate(i);
            for (var j = 0; j < i; j++)
            {
                children[j] = new Node(j, default);
            }

            root[i] = new Node(i, children.Untyped());
        }

        foreach (ref var node in root)
        {
            var children = Values(node.Children.Cast<Node>());
            children.Select(child => child.Number).Should().Equal(Enumerable.Range(0, node.Number));
        }
    }

    [Fact]
    public void Projections_see_every_element()
    {
        using var arena = NewArena<int>();
        var sequence = Spanning(arena);
        var expected = Enumerable.Range(0, 35).Select(i => $"<{i}>").ToArray();

        sequence.ToArray((in int value) => $"<{value}>").Should().Equal(expected);
        sequence.ToArray((in int value, in string end) => $"<{value}{end}", ">").Should().Equal(expected);
        var destination = new string[36];
        sequence.CopyTo(destination, (in int value) => $"<{value}>");
        destination.Should().Equal([.. expected, null]);

        var shorter = () => sequence.CopyTo(new string[34], (in int value) => $"<{value}>");
        shorter.Should().Throw<ArgumentException>();
        default(Sequence<int>).ToArray((in int value) => value).Should().BeEmpty();
        default(Sequence<int>).ToArray((in int value, in int other) => value + other, 1).Should().BeEmpty();
    }

    // 35 elements in four segments: 7, 10, 10 and 8 long, holding 0, 1, 2 ...
    private static Sequence<int> Spanning(Arena<int> arena)
    {
        for (var i = 0; i < 4; i++)
        {
            arena.Allocate(10);
        }

        arena.Reset();
        arena.Allocate(3);
        var sequence = arena.Allocate(35);
        Fill(sequence, 0);
        return sequence;
    }

    private readonly record struct Node(int Number, Sequence Children);
}
