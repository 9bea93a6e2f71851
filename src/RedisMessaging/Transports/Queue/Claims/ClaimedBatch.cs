using System.Runtime.InteropServices;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue.Claims;

/// <summary>
/// Messages that were claimed together, in a list of their own (claimed-batch.lua): the newest first, as in the queue, so that the oldest can be cut off without a change to
/// the others' indexes.
/// </summary>
/// <param name="first">The claim number of the oldest.</param>
/// <param name="count">How many there were.</param>
/// <param name="list">The list's key.</param>
internal sealed class ClaimedBatch(long first, int count, RedisKey list)
{
    // By index: it is no longer in the list, as far as we know.
    private readonly bool[] _left = new bool[count];
    private int _stay = count;
    private int _open = count;

    public long First => first;

    public RedisKey List => list;

    public bool Contains(long number) => number >= first && number < first + _left.Length;

    /// <summary>Whether one of its messages is in the list.</summary>
    public bool Has(long number) => !_left[IndexOf(number)];

    public int IndexOf(long number) => _left.Length - 1 - (int)(number - first);

    /// <summary>It was settled, or moved into the claims.</summary>
    public void Leave(long number) => _left[IndexOf(number)] = true;

    /// <summary>One is not held any more.</summary>
    /// <returns>Whether any other is.</returns>
    public bool Forget() => --_open > 0;

    /// <summary>What acking some of its messages does to the list.</summary>
    /// <param name="numbers">Their claim numbers; they are sorted.</param>
    /// <param name="holes">How many of them, at the end of <paramref name="numbers"/>, lie between others.</param>
    /// <returns>How many elements stay in the list; <see langword="null"/> when nothing can be cut off.</returns>
    /// <remarks>Only what is known to be settled is cut off with them: another ack that is under way stands for itself, and may yet fail.</remarks>
    public int? Cut(List<long> numbers, out int holes)
    {
        var sorted = CollectionsMarshal.AsSpan(numbers);
        sorted.Sort();
        var (stay, cut) = (_stay, 0);
        while (stay > 0 && (_left[stay - 1] || (cut < sorted.Length && IndexOf(sorted[cut]) == stay - 1)))
        {
            stay--;
            if (cut < sorted.Length && IndexOf(sorted[cut]) == stay)
            {
                cut++;
            }
        }

        holes = sorted.Length - cut;
        return stay < _stay ? stay : null;
    }

    /// <summary>The list was cut.</summary>
    public void Shorten(int stay) => _stay = Math.Min(_stay, stay);
}
