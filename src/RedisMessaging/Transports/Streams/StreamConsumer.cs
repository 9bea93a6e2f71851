using System.Diagnostics;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Groups;
using RedisMessaging.Transports.Streams.Trimming;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>Who reads which streams: what a receiver's parts have in common.</summary>
internal sealed class StreamConsumer
{
    public StreamConsumer(TransportContext context, StreamKeys keys, ReceiverOptions subscription)
    {
        Context = context;
        Subscription = subscription;
        Group = NameOf(subscription);
        Stream = keys.Stream;
        Retry = keys.Retry(Group);
        Starts = keys.Starts(Group);
        SettledUpTo = keys.SettledUpTo(Group);
        Seen = keys.Seen;
        Handlers = keys.Handlers;
        Retries = keys.Retries(Group);
        RetryMessages = keys.RetryMessages(Group);
        Signal = keys.Schedule.Signal;
        DeadLetters = keys.DeadLetters;
        Inbox = keys.Inbox(Group);
        Lease = ((StreamOptions)context.Options).Lease;
        DeletesOnAck = ((StreamOptions)context.Options).DeleteOnAck;
        LostGroupWait = LostGroupWaitOf(context.Options);
        Format = EntryFormat.Of(context.Options);
        Tags = Diagnostics.Instruments.Consumer(context.Topic, subscription.Group);
    }

    public TransportContext Context { get; }

    public ReceiverOptions Subscription { get; }

    /// <summary>The group's name in Redis.</summary>
    public string Group { get; }

    public string Name => Subscription.Consumer;

    public RedisKey Stream { get; }

    public RedisKey Retry { get; }

    public RedisKey Starts { get; }

    public RedisKey SettledUpTo { get; }

    public RedisKey Seen { get; }

    public RedisKey Handlers { get; }

    public RedisKey Retries { get; }

    public RedisKey RetryMessages { get; }

    public RedisKey Signal { get; }

    public RedisKey DeadLetters { get; }

    public RedisKey Inbox { get; }

    public TimeSpan Lease { get; }

    /// <summary>An entry goes with the ack of its last group.</summary>
    public bool DeletesOnAck { get; }

    /// <summary>For scripts that delete with the ack: for how many ms entries stay for a group that is gone from the stream; 0 where nothing is deleted with its ack.</summary>
    public long LostGroupWait { get; }

    public TagList Tags { get; }

    public EntryFormat Format { get; }

    /// <summary>How long a consumer idles before it counts as gone; a live one shows itself several times a lease.</summary>
    public TimeSpan AbandonedAfter(TimeSpan least) => Lease * 10 > least ? Lease * 10 : least;

    /// <summary>What a subscription's group is called in Redis.</summary>
    public static string NameOf(ReceiverOptions subscription) => subscription.Broadcast ? BroadcastGroups.NameOf(subscription) : subscription.Group;

    /// <inheritdoc cref="LostGroupWait"/>
    public static long LostGroupWaitOf(TopicOptions options) =>
        options is StreamOptions { DeleteOnAck: true } stream ? (long)StreamTrimmer.ReturnTimeOf(stream.Retention).TotalMilliseconds : 0;

    /// <summary>A lane's name in scripts.</summary>
    public static string LetterOf(StreamSource lane) => lane == StreamSource.Main ? "m" : "r";

    /// <summary>An entry's field in the hash of starts. The lane belongs to it: ids of the two streams can be equal.</summary>
    public static RedisValue StartsField(StreamSource lane, string receipt) => LetterOf(lane) + receipt;

    public RedisKey KeyOf(StreamSource lane) => lane == StreamSource.Main ? Stream : Retry;
}
