using System.Globalization;

namespace RedisMessaging;

/// <summary>
/// A place in a stream's history: a time, a position, or, left out, the open end. Times and positions convert by themselves:
/// <c>ReadHistoryAsync&lt;OrderPlaced&gt;(from: yesterday)</c>, <c>TailAsync&lt;OrderPlaced&gt;("1763712000123-0")</c>.
/// </summary>
public readonly record struct HistoryPoint
{
    private readonly string? _id;

    private HistoryPoint(string id) => _id = id;

    /// <summary>Before the first entry.</summary>
    public static HistoryPoint Beginning { get; } = new("0-0");

    /// <summary>
    /// The open end: as the start of a range the first entry, as its end the last, for a tail what is published from now on.
    /// </summary>
    public static HistoryPoint Open => default;

    /// <summary>Whether it is <see cref="Open"/>.</summary>
    public bool IsOpen => _id is null;

    /// <summary>Whether it is an entry's place, or one right beside it, and not a time.</summary>
    internal bool IsPosition => _id?.Contains('-', StringComparison.Ordinal) == true;

    /// <summary>A time, to the millisecond, by the server's clock: entries take their ids from it.</summary>
    /// <param name="time">The time; of a range's end the whole millisecond counts.</param>
    /// <returns>The place.</returns>
    public static HistoryPoint At(DateTimeOffset time) =>
        new(Math.Max(0, time.ToUnixTimeMilliseconds()).ToString(CultureInfo.InvariantCulture));

    /// <summary>An entry's position (<see cref="MessageContext.Position"/>), that entry included.</summary>
    /// <param name="position">The entry's id: <c>1763712000123-0</c>.</param>
    /// <returns>The place.</returns>
    /// <exception cref="ArgumentException">That is no position.</exception>
    public static HistoryPoint At(string position)
    {
        _ = Parse(position);
        return new HistoryPoint(position);
    }

    /// <summary>Right behind an entry, that entry left out: where to go on from the last one that was read.</summary>
    /// <param name="position">The entry's id: <c>1763712000123-0</c>.</param>
    /// <returns>The place: the next id that there could be.</returns>
    /// <exception cref="ArgumentException">That is no position.</exception>
    public static HistoryPoint After(string position)
    {
        var (milliseconds, sequence) = Parse(position);
        return sequence < ulong.MaxValue ? Of(milliseconds, sequence + 1)
            : milliseconds < ulong.MaxValue ? Of(milliseconds + 1, 0)
            : throw new ArgumentException($"'{position}' is the last position that a stream can have.", nameof(position));
    }

    /// <summary>Right before an entry, that entry left out: where to go on backwards, as the end of a range.</summary>
    /// <param name="position">The entry's id: <c>1763712000123-0</c>.</param>
    /// <returns>The place: the id before it that there could be.</returns>
    /// <exception cref="ArgumentException">That is no position.</exception>
    public static HistoryPoint Before(string position)
    {
        var (milliseconds, sequence) = Parse(position);
        return sequence > 0 ? Of(milliseconds, sequence - 1)
            : milliseconds > 0 ? Of(milliseconds - 1, ulong.MaxValue)
            : Beginning;
    }

    /// <inheritdoc cref="At(DateTimeOffset)"/>
    public static implicit operator HistoryPoint(DateTimeOffset time) => At(time);

    /// <inheritdoc cref="At(string)"/>
    public static implicit operator HistoryPoint(string position) => At(position);

    /// <summary>As Redis reads it.</summary>
    /// <returns>The id, or a time without a sequence number; empty for the open end.</returns>
    public override string ToString() => _id ?? "";

    private static HistoryPoint Of(ulong milliseconds, ulong sequence) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{milliseconds}-{sequence}"));

    private static (ulong Milliseconds, ulong Sequence) Parse(string position)
    {
        var dash = position?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        return dash > 0
            && ulong.TryParse(position.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && ulong.TryParse(position.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? (milliseconds, sequence)
            : throw new ArgumentException(
                $"'{position}' is not a position in a stream; one looks like '1763712000123-0'.",
                nameof(position));
    }
}
