using StackExchange.Redis;

namespace RedisMessaging.Topics.Scheduling;

/// <summary>What a look for what is due came to.</summary>
/// <param name="Moved">How many messages were moved, dead letters included.</param>
/// <param name="UntilNext">
/// How long it is until the next one is due, by the server's clock; zero when more are due; <see langword="null"/> when there is none.
/// </param>
internal readonly record struct DueMove(int Moved, TimeSpan? UntilNext)
{
    /// <summary>How many of them can't be put where they belong, and became dead letters.</summary>
    public int DeadLettered { get; init; }

    /// <summary>How many were refused, and stay where they are.</summary>
    public int Refused { get; init; }

    /// <summary>Why the first of them was refused; <see langword="null"/> when none was.</summary>
    public RedisServerException? Refusal { get; init; }

    /// <summary>Reads what due.lua returns.</summary>
    public static DueMove Read(RedisResult reply) =>
        new((int)reply[0], (long)reply[1] is >= 0 and var ms ? TimeSpan.FromMilliseconds(ms) : null)
        {
            DeadLettered = (int)reply[2],
            Refused = (int)reply[3],
            Refusal = (int)reply[3] > 0 ? new RedisServerException((string)reply[4]!) : null,
        };
}
