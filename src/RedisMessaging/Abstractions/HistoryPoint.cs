using System.Diagnostics.CodeAnalysis;
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

    /// <summary>The open end: as the start of a range the first entry, as its end the last, for a tail what is published from now on.</summary>
    public static HistoryPoint Open => default;

    /// <summary>Whether it is <see cref="Open"/>.</summary>
    public bool IsOpen => _id is null;

    /// <summary>A time, to the millisecond, by the server's clock: entries take their ids from it.</summary>
    /// <param name="time">The time; of a range's end the whole millisecond counts.</param>
    /// <returns>The place.</returns>
    public static HistoryPoint At(DateTimeOffset time) => new(Math.Max(0, time.ToUnixTimeMilliseconds()).ToString(CultureInfo.InvariantCulture));

    /// <summary>An entry's position (<see cref="MessageContext.Position"/>), that entry included.</summary>
    /// <param name="position">The entry's id: <c>1763712000123-0</c>.</param>
    /// <returns>The place.</returns>
    /// <exception cref="ArgumentException">That is no position.</exception>
    public static HistoryPoint At(string position) => IsPosition(position)
        ? new HistoryPoint(position)
        : throw new ArgumentException($"'{position}' is no position in a stream; one looks like '1763712000123-0'.", nameof(position));

    /// <inheritdoc cref="At(DateTimeOffset)"/>
    public static implicit operator HistoryPoint(DateTimeOffset time) => At(time);

    /// <inheritdoc cref="At(string)"/>
    public static implicit operator HistoryPoint(string position) => At(position);

    /// <summary>As Redis reads it.</summary>
    /// <returns>The id, or a time without a sequence number; empty for the open end.</returns>
    public override string ToString() => _id ?? "";

    private static bool IsPosition([NotNullWhen(true)] string? text)
    {
        var dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        return dash > 0
            && ulong.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && ulong.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _);
    }
}
