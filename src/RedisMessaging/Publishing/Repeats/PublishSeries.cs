using System.Security.Cryptography;

namespace RedisMessaging.Publishing.Repeats;

/// <summary>
/// Numbers for publishes to one stream, by which Redis knows a repeat. Redis keeps the last ids of each producer, so a series spreads its
/// numbers over many producers, in lots and in turn: what it keeps there stays bounded at any rate, and a number stays known until so many
/// others are drawn that its producer's turn comes again.
/// </summary>
internal sealed class PublishSeries
{
    /// <summary>
    /// How many ids Redis has to keep of each producer: what it keeps unless it is set to something else. A lot may arrive a whole turn
    /// late and displaces nothing.
    /// </summary>
    public const int IdsPerProducer = 2 * LotSize;

    private const int LotSize = 50;

    /// <summary>
    /// More than a line may have under way at once (16,384 messages), since what is published behind a failure waits for it.
    /// </summary>
    private const int Lots = 400;

    /// <summary>As long as no more were drawn, the next turn of a number's producer has not begun.</summary>
    private const int Farthest = LotSize * (Lots - 1);

    private readonly Lock _lock = new();
    private Lot? _lot;
    private long _next;
    private bool _isClosed;

    /// <summary>The first part of its producers' names. Two that are the same would lose messages.</summary>
    public string Stem { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)) + ".";

    /// <summary>False when it is closed.</summary>
    /// <param name="count">How many.</param>
    /// <param name="first">The first of them; the others follow.</param>
    public bool TryDraw(int count, out long first)
    {
        lock (_lock)
        {
            first = _next;
            _next += _isClosed ? 0 : count;
            return !_isClosed;
        }
    }

    /// <summary>
    /// Closes the series, so that no later publish displaces the number: it stays known for as long as Redis keeps ids, even where an
    /// attempt arrives late. False when it may be forgotten already.
    /// </summary>
    public bool Hold(long number)
    {
        lock (_lock)
        {
            if (_next - number > Farthest)
            {
                return false;
            }

            _isClosed = true;
            return true;
        }
    }

    /// <summary>The producer of a number. stream-append.lua names them by the same rule.</summary>
    public string ProducerOf(long number)
    {
        var index = (int)(number / LotSize % Lots);
        var lot = Volatile.Read(ref _lot);
        if (lot is null || lot.Index != index)
        {
            lot = new Lot(index, Stem + index);
            Volatile.Write(ref _lot, lot);
        }

        return lot.Producer;
    }

    private sealed record Lot(int Index, string Producer);
}
