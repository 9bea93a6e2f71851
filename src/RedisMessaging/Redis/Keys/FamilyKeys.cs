using RedisMessaging.Redis.WakeSignals;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Keys;

/// <summary>What a family has in Redis itself; everything else is its members' own.</summary>
/// <param name="keys">The family's keys.</param>
/// <param name="transport">What the names start with: each transport has members of its own.</param>
internal sealed class FamilyKeys(TopicKeys keys, string transport)
{
    /// <summary>The version of this layout that the registry was written with.</summary>
    public RedisKey Layout { get; } = keys[transport + ":members:layout"];

    /// <summary>A sorted set: the members' names by when they were registered, a number that only rises.</summary>
    public RedisKey Members { get; } = keys[transport + ":members"];

    /// <summary>A stream of one entry, added to with every new member: whoever follows the members reads it, blocked.</summary>
    public RedisKey Signal { get; } = keys[transport + ":members:signal"];

    /// <summary>A hash: group → the last member there was when it first subscribed. What comes later it reads from the beginning.</summary>
    public RedisKey Groups { get; } = keys[transport + ":members:groups"];
}
