using StackExchange.Redis;

namespace RedisMessaging.Transports;

/// <summary>What a look for what is due came to.</summary>
/// <param name="Moved">How many messages were moved.</param>
/// <param name="UntilNext">How long it is until the next one is due, by the server's clock; zero when more are due; <see langword="null"/> when there is none.</param>
internal readonly record struct DueMove(int Moved, TimeSpan? UntilNext)
{
    /// <summary>Reads what due.lua returns.</summary>
    public static DueMove Read(RedisResult reply) => new((int)reply[0], (long)reply[1] is >= 0 and var ms ? TimeSpan.FromMilliseconds(ms) : null);
}
