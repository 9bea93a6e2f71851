using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;

namespace RedisMessaging;

/// <summary>Some of many messages were not stored, or their outcome is not known.</summary>
public sealed class PublishManyException : RedisMessagingException
{
    internal PublishManyException(string topic, IReadOnlyList<PublishOutcome> outcomes, Exception first)
        : base(
            $"{outcomes.Count(outcome => outcome.Error is not null)} of {outcomes.Count} messages were not published to topic '{topic}'; "
            + $"Outcomes has each one's result. The first: {BoundedText.MessageOf(first)}",
            first)
    {
        Topic = topic;
        Outcomes = outcomes;
    }

    /// <summary>The topic published to.</summary>
    public string Topic { get; }

    /// <summary>One outcome for each message, in their order.</summary>
    public IReadOnlyList<PublishOutcome> Outcomes { get; }
}
