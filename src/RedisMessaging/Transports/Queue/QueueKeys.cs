using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Transports.Queue.Claims;
using RedisMessaging.Transports.Streams.Reading;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue;

/// <summary>The keys of a queue: all under the topic's hash tag.</summary>
internal sealed class QueueKeys(TopicKeys keys)
{
    /// <summary>The list: LPUSH on the left, out on the right.</summary>
    public RedisKey Waiting { get; } = keys.Data("queue");

    /// <summary>
    /// Other programs use the list, too (<see cref="MessageFormat.Raw"/>): nothing but messages may stand in it, so the marks of those that come again stand in <see cref="Marks"/>.
    /// </summary>
    public bool IsShared { get; init; }

    /// <summary>Whoever publishes rings for idle consumers. Other programs that the list is shared with don't: with them consumers wait on the list itself.</summary>
    public bool HasBell { get; init; }

    /// <summary>A hash of a shared list: SHA-1 of a message → the marks (<see cref="AttemptPrefix"/>) of those that are equal to it, in the order they came back.</summary>
    public RedisKey Marks { get; } = keys["queue:marks"];

    /// <summary>A sorted set: each consumer with the server's time of its last sign of life, in ms.</summary>
    public RedisKey Consumers { get; } = keys["queue:consumers"];

    /// <summary>The version of this layout that the topic was written with.</summary>
    public RedisKey Layout { get; } = keys["queue:layout"];

    public RedisKey DeadLetters { get; } = keys.DeadLetters;

    public RedisKey Ids { get; } = keys.Ids;

    public RedisKey Inbox(string group) => keys.Inbox(group);

    public ScheduleKeys Schedule { get; } = new(keys, "queue");

    /// <summary>A sorted set: messages that wait for another attempt, by when they are due, in ms since 1970 by the server's clock.</summary>
    public RedisKey Retries { get; } = keys["queue:retries"];

    /// <summary>A hash: name in <see cref="Retries"/> → message with its mark.</summary>
    public RedisKey RetryMessages { get; } = keys["queue:retries:messages"];

    /// <summary>There while a consumer is idle and waits for <see cref="Wake"/>. Whoever rings takes it away, so that a busy queue is not rung for all the time.</summary>
    public RedisKey Parked { get; } = keys["queue:parked"];

    /// <summary>A stream of one entry, added to when messages have come to an empty queue whose consumers wait for that: BLMOVE waits for one list, on a connection of its own; XREAD for many streams.</summary>
    public RedisKey Wake { get; } = keys["queue:wake"];

    public RedisKey ClaimsStart { get; } = keys["queue:claims:"];

    public RedisKey ArrivalsStart { get; } = keys["queue:arrivals:"];

    public RedisKey LotsStart { get; } = keys["queue:lots:"];

    public RedisKey LotListsStart { get; } = keys["queue:lot:"];

    /// <summary>What a script works on, and of a shared list the marks behind it.</summary>
    public RedisKey[] WithMarks(params RedisKey[] affected) => IsShared ? [.. affected, Marks] : affected;

    /// <summary>A hash: claim number → message.</summary>
    public RedisKey Claims(string consumer) => ClaimsStart.Append(consumer);

    /// <summary>A list that BLMOVE parks messages in; the next claim takes them over.</summary>
    public RedisKey Arrivals(string consumer) => ArrivalsStart.Append(consumer);

    /// <summary>A hash: the first claim number of each lot (<see cref="ClaimedBatch"/>) → how many messages it had.</summary>
    public RedisKey Lots(string consumer) => LotsStart.Append(consumer);

    /// <summary>What the names of the lists start with that hold the messages of lots; the first claim number follows.</summary>
    public RedisKey LotLists(string consumer) => LotListsStart.Append(consumer + ":");
}
