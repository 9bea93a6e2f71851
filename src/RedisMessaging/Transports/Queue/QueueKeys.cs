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
    /// Other programs use the list, too (<see cref="MessageFormat.Raw"/>): nothing but messages may stand in it, so the attempt prefixes of those that come again stand in <see cref="Attempts"/>.
    /// </summary>
    public bool IsShared { get; init; }

    /// <summary>Publishers signal to idle consumers. Other programs that share the list do not: with them consumers wait on the list itself.</summary>
    public bool HasSignal { get; init; }

    /// <summary>A hash of a shared list: SHA-1 of a message → the attempt prefixes (<see cref="AttemptPrefix"/>) of those that are equal to it, in the order they came back.</summary>
    public RedisKey Attempts { get; } = keys["queue:attempts"];

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

    /// <summary>A hash: name in <see cref="Retries"/> → message with its attempt prefix.</summary>
    public RedisKey RetryMessages { get; } = keys["queue:retries:messages"];

    /// <summary>
    /// A string that exists while an idle consumer waits for <see cref="Wake"/>. A publisher that signals deletes it, so that a busy queue needs no signals.
    /// </summary>
    public RedisKey WaitingConsumers { get; } = keys["queue:waiting-consumers"];

    /// <summary>A stream of one entry, added to when messages have come to an empty queue whose consumers wait for that: BLMOVE waits for one list, on a connection of its own; XREAD for many streams.</summary>
    public RedisKey Wake { get; } = keys["queue:wake"];

    public RedisKey ClaimsStart { get; } = keys["queue:claims:"];

    public RedisKey BlockedPopsStart { get; } = keys["queue:blocked-pops:"];

    public RedisKey ClaimedBatchesStart { get; } = keys["queue:claimed-batches:"];

    public RedisKey ClaimedBatchListsStart { get; } = keys["queue:claimed-batch:"];

    /// <summary><see cref="Attempts"/> of a shared list; <see langword="null"/> where the list is the topic's own.</summary>
    public RedisKey? SharedAttempts => IsShared ? Attempts : (RedisKey?)null;

    /// <summary>A hash: claim number → message.</summary>
    public RedisKey Claims(string consumer) => ClaimsStart.Append(consumer);

    /// <summary>A list that BLMOVE pops messages into; the next claim takes them over.</summary>
    public RedisKey BlockedPops(string consumer) => BlockedPopsStart.Append(consumer);

    /// <summary>A hash: the first claim number of each claimed batch (<see cref="ClaimedBatch"/>) → how many messages it had.</summary>
    public RedisKey ClaimedBatches(string consumer) => ClaimedBatchesStart.Append(consumer);

    /// <summary>The start of the names of the lists that hold the messages of claimed batches; the first claim number follows.</summary>
    public RedisKey ClaimedBatchLists(string consumer) => ClaimedBatchListsStart.Append(consumer + ":");
}
