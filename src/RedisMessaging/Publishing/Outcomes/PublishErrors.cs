using RedisMessaging.Bus;
using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Outcomes;

/// <summary>The exceptions that publishers get for what a transport reports.</summary>
internal static class PublishErrors
{
    public static Exception Describe(TopicRuntime topic, string messageId, in SendResult failed) => failed.Error! switch
    {
        RedisMessagingException own => own,
        ObjectDisposedException disposed when !failed.MayBeStored => disposed,
        var error when failed.MayBeStored => new PublishOutcomeUnknownException(topic.Name, messageId, error),
        OperationCanceledException cancelled =>
            new PublishRefusedException(topic.Name, messageId, "publishing was cancelled before it was sent.", cancelled),
        var error => Refused(topic, messageId, error),
    };

    private static PublishRefusedException Refused(TopicRuntime topic, string messageId, Exception error)
    {
        var reason = RedisErrors.Classify(error) switch
        {
            FaultKind.NoPermission => $"{BoundedText.MessageOf(error)}. {Advise(topic, error)}",
            FaultKind.OutOfMemory =>
                "Redis is full (maxmemory). It is not stored and can be published again later, once consumers have made room or "
                + $"maxmemory was raised. {BoundedText.MessageOf(error)}",
            _ => BoundedText.MessageOf(error),
        };
        return new PublishRefusedException(topic.Name, messageId, reason, error) { IsTransient = RedisErrors.IsTransient(error) };
    }

    private static string Advise(TopicRuntime topic, Exception error)
    {
        var keys = new TopicKeys("*", topic.Definition.Address, topic.Definition.Options.Key).Pattern;
        return AclAdvice.For(BoundedText.MessageOf(error), null, keys, topic.Transport.ChannelsOf(topic.Definition.Address));
    }
}
