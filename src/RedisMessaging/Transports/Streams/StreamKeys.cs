using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.Scheduling;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>The keys of a topic's stream.</summary>
internal sealed class StreamKeys(TopicKeys keys)
{
    public RedisKey Stream { get; } = keys.Data("stream");

    /// <summary>The version of this layout that the topic was written with.</summary>
    public RedisKey Layout { get; } = keys["stream:layout"];

    public RedisKey DeadLetters { get; } = keys.DeadLetters;

    /// <summary>No key at all: a command that tries what the server can do goes to it, and adds nothing.</summary>
    public RedisKey Never { get; } = keys["never"];

    public RedisKey Ids { get; } = keys.Ids;

    public RedisKey Inbox(string group) => keys.Inbox(group);

    public ScheduleKeys Schedule { get; } = new(keys, "stream");

    /// <summary>A group's released and retried messages: a stream of its own, since an XADD to the topic's would reach every group.</summary>
    public RedisKey Retry(string group) => keys["retry:" + group];

    /// <summary>
    /// A group's messages that wait for another attempt: a sorted set by when they are due, in ms since 1970 by the server's clock. Each group has its own, so that it goes
    /// with the group and counts for the group.
    /// </summary>
    public RedisKey Retries(string group) => keys["retries:" + group];

    /// <summary>A hash: name in <see cref="Retries"/> → starts, position and message.</summary>
    public RedisKey RetryMessages(string group) => keys["retry-messages:" + group];

    /// <summary>A group's recorded handler starts, by entry id.</summary>
    public RedisKey Starts(string group) => keys["starts:" + group];

    /// <summary>A hash: group → when one of its consumers showed life last, by the server's clock. What else stands in there group-liveness.lua says.</summary>
    public RedisKey Seen { get; } = keys["groups:seen"];

    /// <summary>A hash: group → its handlers, as its consumer that opened last has them.</summary>
    public RedisKey Handlers { get; } = keys["groups:handlers"];

    /// <summary>Who has the name of a broadcast group, and since when; it runs out unless that one goes on saying so.</summary>
    public RedisKey Holder(string group) => keys["holder:" + group];

    /// <summary>The broadcast groups with a name: a sorted set by when each was heard of for the last time, in ms since 1970 by the server's clock.</summary>
    public RedisKey Broadcasts { get; } = keys["broadcasts"];

    /// <summary>An id of the topic's stream up to which a group has settled everything: where it goes on when it is lost.</summary>
    public RedisKey SettledUpTo(string group) => keys["settled-up-to:" + group];
}
