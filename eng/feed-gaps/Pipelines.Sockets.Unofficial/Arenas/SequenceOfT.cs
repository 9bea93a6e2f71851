using System.Diagnostics.CodeAnalysis;

namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>Elements in one or more blocks of an arena. The default value is empty.</summary>
public readonly struct Sequence<T>
{
    private readonly Block<T>? _block;
    private readonly int _offset;
    private readonly int _length;

    internal Sequence(Block<T>? block, int offset, int length)
    {
        _block = block;
        _offset = offset;
        _length = length;
    }

    /// <summary>How many elements it has.</summary>
    public long Length => _length;

    /// <summary>Whether it has none.</summary>
    public bool IsEmpty => _length == 0;

    /// <summary>Whether <see cref="FirstSpan"/> is all of it.</summary>
    public bool IsSingleSegment => _block is null || _length <= _block.Length - _offset;

    /// <summary>The elements in the first block.</summary>
    public Span<T> FirstSpan
        => _block is null ? default : _block.Array.AsSpan(_offset, Math.Min(_length, _block.Length - _offset));

    /// <summary>Its elements block by block.</summary>
    public SpanEnumerable Spans => new(this);

    /// <summary>The element at <paramref name="index"/>.</summary>
    public ref T this[int index]
    {
        get
        {
            if ((uint)index >= (uint)_length)
            {
                ThrowIndex();
            }

            var block = _block!;
            var position = _offset + (long)index;
            while (position >= block.Length)
            {
                position -= block.Length;
                block = block.Next!;
            }

            return ref block.Array[(int)position];
        }
    }

    /// <summary>The same elements without their type.</summary>
    public Sequence Untyped() => new(_block, _offset, _length);

    /// <summary>Starts before the first element.</summary>
    public Enumerator GetEnumerator() => new(this);

    [DoesNotReturn]
    private static void ThrowIndex() => throw new ArgumentOutOfRangeException("index");

    /// <summary>A position among the elements.</summary>
    public ref struct Enumerator
    {
        private SpanEnumerator _spans;
        private Span<T> _span;
        private int _index;

        internal Enumerator(Sequence<T> sequence)
        {
            _spans = new SpanEnumerator(sequence);
            _span = default;
            _index = -1;
        }

        /// <summary>The element at this position.</summary>
        public readonly ref T Current => ref _span[_index];

        /// <summary>Goes to the next element, if there is one.</summary>
        public bool MoveNext() => ++_index < _span.Length || MoveNextSpan();

        /// <summary>Goes to the next element and gives it.</summary>
        /// <exception cref="InvalidOperationException">There is none.</exception>
        public ref T GetNext()
        {
            if (!MoveNext())
            {
                ThrowEnd();
            }

            return ref Current;
        }

        [DoesNotReturn]
        private static void ThrowEnd() => throw new InvalidOperationException("The sequence has no more elements.");

        private bool MoveNextSpan()
        {
            if (!_spans.MoveNext())
            {
                return false;
            }

            _span = _spans.Current;
            _index = 0;
            return true;
        }
    }

    /// <summary>The elements block by block.</summary>
    public readonly ref struct SpanEnumerable
    {
        private readonly Sequence<T> _sequence;

        internal SpanEnumerable(Sequence<T> sequence) => _sequence = sequence;

        /// <summary>Starts before the first block.</summary>
        public SpanEnumerator GetEnumerator() => new(_sequence);
    }

    /// <summary>A position among the blocks.</summary>
    public ref struct SpanEnumerator
    {
        private Block<T>? _block;
        private int _offset;
        private int _remaining;

        internal SpanEnumerator(Sequence<T> sequence)
        {
            _block = sequence._block;
            _offset = sequence._offset;
            _remaining = sequence._length;
            Current = default;
        }

        /// <summary>The elements in this block.</summary>
        public Span<T> Current { get; private set; }

        /// <summary>Goes to the next block, if there is one.</summary>
        public bool MoveNext()
        {
            if (_remaining == 0)
            {
                return false;
            }

            Current = _block!.Array.AsSpan(_offset, Math.Min(_remaining, _block.Length - _offset));
            _remaining -= Current.Length;
            _block = _block.Next;
            _offset = 0;
            return true;
        }
    }
}
