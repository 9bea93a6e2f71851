using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Topics.Trimming;

namespace RedisMessaging.Topics;

/// <summary>What a topic's transport keeps; <see langword="null"/> where it keeps nothing of the kind.</summary>
internal sealed record TopicParts(PauseStore Pauses)
{
    public DeadLetterStore? DeadLetters { get; init; }

    public ScheduledMessageStore? Scheduled { get; init; }

    public HistoryReader? History { get; init; }

    public IConsumerGroups? Groups { get; init; }

    public ITrimming? Trimming { get; init; }

    public ISubscriberSource? Subscribers { get; init; }
}
