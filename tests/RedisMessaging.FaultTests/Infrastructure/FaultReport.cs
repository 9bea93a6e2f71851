using System.Globalization;

namespace RedisMessaging.FaultTests;

/// <summary>What came of a run.</summary>
internal sealed record FaultReport
{
    public required int Row { get; init; }

    public string? Note { get; init; }

    public required TransportKind Kind { get; init; }

    public required int Ok { get; init; }

    public required int Refused { get; init; }

    public required int Unknown { get; init; }

    /// <summary>Ok, and never handled, not dead-lettered and not in Redis.</summary>
    public required IReadOnlyList<Published> Lost { get; init; }

    /// <summary>Ok, never handled and still in Redis: there was time enough, so somebody sleeps.</summary>
    public required int Left { get; init; }

    /// <summary>Handlings beyond a message's first.</summary>
    public required IReadOnlyList<Handling> Doubled { get; init; }

    /// <summary>Handled although the publisher was told that it was refused.</summary>
    public required IReadOnlyList<MessageKey> Phantoms { get; init; }

    /// <summary>First handlings that came after a later one of the same publisher.</summary>
    public required int Inversions { get; init; }

    /// <summary>What is left of consumers after the drain and the stop.</summary>
    public required IReadOnlyList<string> Leaks { get; init; }

    public required long Leaked { get; init; }

    /// <summary>The longest silence of the handlers from the end of the fault on; of several faults the longest.</summary>
    public required TimeSpan Recovered { get; init; }

    public required long DeadLetters { get; init; }

    /// <summary>Which messages those are, without what nobody can read.</summary>
    public required IReadOnlyList<MessageKey> DeadLettered { get; init; }

    public required TimeSpan Took { get; init; }

    public string Line => string.Create(
        CultureInfo.InvariantCulture,
        $"row {Row} {Name(Kind)} published {Ok} lost {Lost.Count} doubled {Doubled.Count} leaked {Leaked} recovered {Recovered.TotalSeconds:0.0} s{(Note is null ? "" : $" ({Note})")}");

    public string Details => string.Create(
        CultureInfo.InvariantCulture,
        $"refused {Refused}, unknown {Unknown}, handled although refused {Phantoms.Count}, left in Redis {Left}, dead letters {DeadLetters}, order inversions {Inversions}, leaks [{string.Join(", ", Leaks)}], took {Took.TotalSeconds:0.0} s");

    private static string Name(TransportKind kind) => kind switch
    {
        TransportKind.PubSub => "pubsub",
        TransportKind.Queue => "queue",
        _ => "stream",
    };
}
