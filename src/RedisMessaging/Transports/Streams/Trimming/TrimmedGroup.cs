namespace RedisMessaging.Transports.Streams.Trimming;

/// <summary>A group that trimming took something from, or found abandoned.</summary>
/// <param name="Name">Its name in Redis.</param>
/// <param name="Unread">How many entries were removed that it had not read.</param>
/// <param name="Taken">How many entries were removed that it had pending.</param>
internal readonly record struct TrimmedGroup(string Name, long Unread, long Taken)
{
    /// <summary>For how long no consumer of it has shown life, when that is to be announced; else <see langword="null"/>.</summary>
    public TimeSpan? SilentFor { get; init; }

    public long Pending { get; init; }

    /// <summary><see langword="null"/> when Redis does not know.</summary>
    public long? Lag { get; init; }
}
