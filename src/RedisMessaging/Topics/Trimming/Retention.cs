namespace RedisMessaging;

/// <summary>
/// How long a stream keeps its entries. Trimming stops at the first entry that some consumer group has not read yet or has pending, so that
/// a stream grows beyond what is said here while a group stands still; <see cref="Force"/> trims all the same.
/// </summary>
/// <remarks>
/// Publishers trim in the background, each after a hundredth of <see cref="MaxLength"/> that it has added, and consumers four times a
/// <see cref="StreamOptions.Lease"/> (<c>XTRIM MINID</c>). Entries that a group had still to handle are counted
/// (<c>redismessaging.retention.trimmed_unread</c>) and logged. A stream that no group reads is trimmed like one that
/// all have read.
/// </remarks>
public sealed record Retention
{
    /// <summary>Keeps everything.</summary>
    public static Retention Forever { get; } = new() { MaxLength = null };

    /// <summary>
    /// How many entries stay. Default 1,000,000; at least 1; <see langword="null"/>: as many as there are. Without <see cref="Exact"/> a
    /// stream may have a hundredth more for every process that publishes to it, 100 at least, and up to one node of it
    /// (<c>stream-node-max-entries</c>, 100) more.
    /// </summary>
    public long? MaxLength { get; init; } = 1_000_000;

    /// <summary>
    /// How old an entry may become, by the server's clock and the entry's position: one that its publisher chose is no time. Default
    /// <see langword="null"/>: as old as it likes. What is older goes when the stream is trimmed the next time: it takes a publisher
    /// that adds to it, or a consumer.
    /// </summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>
    /// Whether every publish trims to <see cref="MaxLength"/> and not one entry more, before it returns. Default <see langword="false"/>:
    /// about so many. It takes a command more for each publish, and whole nodes are no longer dropped at once.
    /// </summary>
    public bool Exact { get; init; }

    /// <summary>
    /// Whether to trim what some group has not read or has pending, too. Default <see langword="false"/>. What is lost by it is counted and
    /// logged; what was pending leaves a dead letter (<c>trimmed</c>).
    /// </summary>
    public bool Force { get; init; }

    /// <summary>
    /// For how long a group may be without a consumer before it is announced as abandoned (a warning,
    /// <c>redismessaging.retention.abandoned_groups</c>) and, a minute later at the most, no longer holds trimming back. Default 7 days; at
    /// least the topic's <see cref="StreamOptions.Lease"/>; <see langword="null"/>: it holds for ever. A consumer that comes back makes it
    /// a group like any other.
    /// </summary>
    public TimeSpan? AbandonedAfter { get; init; } = TimeSpan.FromDays(7);

    // A method, because the configuration binder's generator binds properties, internal ones included.
    internal bool Limits() => MaxLength is not null || MaxAge is not null;
}
