using System.Globalization;
using StackExchange.Redis;

namespace RedisMessaging.Redis.WakeSignals;

/// <summary>
/// A stream that is added to when somebody should have a look, and who is to have it in this process: one of a single entry that says no
/// more than that, or a topic's own. Its reader's lock guards what changes.
/// </summary>
/// <param name="key">The stream. It need not exist.</param>
/// <param name="rung">Called for a ring.</param>
/// <param name="staysSet">Listened for all the time; else from when it is set until it rings.</param>
internal sealed class WakeSignal(RedisKey key, Action rung, bool staysSet)
{
    /// <summary>Before every entry: a ring may have been missed.</summary>
    public const string Beginning = "0-0";

    private volatile bool _isDenied;
    private volatile bool _isHeard;

    public RedisKey Key { get; } = key;

    public bool StaysSet => staysSet;

    /// <summary>What comes behind this entry rings; <see langword="null"/> while it is not set.</summary>
    public string? Position { get; private set; } = staysSet ? Beginning : null;

    /// <summary>An ACL forbids to read it, or it is no stream: whoever relies on it has to look by itself.</summary>
    public bool IsDenied { get => _isDenied; set => _isDenied = value; }

    /// <summary>It is among what is being read, from its position.</summary>
    public bool IsHeard { get => _isHeard; set => _isHeard = value; }

    /// <summary>False when it is so already.</summary>
    public bool Set(string position)
    {
        if (Position == position && IsHeard)
        {
            return false;
        }

        Position = position;
        IsHeard = false;
        return true;
    }

    public void Unset()
    {
        Position = staysSet ? Position : null;
        IsHeard = false;
    }

    /// <summary>A read from a position has found an entry.</summary>
    /// <param name="position">Where this bell was set when the read was sent.</param>
    /// <returns>False when it is not one that rings.</returns>
    public bool Take(string position, string entry)
    {
        if (Position != position || !IsBehind(entry, position))
        {
            return false;
        }

        Position = staysSet ? entry : null;
        IsHeard = false;
        return true;
    }

    /// <summary>A ring may have gone by: the last one is still there to be read.</summary>
    public void Miss()
    {
        Position = staysSet ? Beginning : null;
        IsHeard = false;
    }

    public void Ring() => rung();

    /// <summary>The ids of entries are two numbers: as text they have another order.</summary>
    public static bool IsBehind(string id, string other)
    {
        var (milliseconds, sequence) = Parse(id);
        var (otherMilliseconds, otherSequence) = Parse(other);
        return milliseconds > otherMilliseconds || (milliseconds == otherMilliseconds && sequence > otherSequence);
    }

    private static (ulong Milliseconds, ulong Sequence) Parse(string id)
    {
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        return (
            ulong.Parse(id.AsSpan(0, dash), CultureInfo.InvariantCulture),
            ulong.Parse(id.AsSpan(dash + 1), CultureInfo.InvariantCulture));
    }
}
