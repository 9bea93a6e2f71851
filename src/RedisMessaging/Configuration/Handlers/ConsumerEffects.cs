using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Configuration.Handlers;

/// <summary>Refuses options of a consumer that its transport, or the kind of its handlers, would ignore.</summary>
internal static class ConsumerEffects
{
    private const int OneAtATime = 1;

    /// <exception cref="RedisMessagingConfigurationException">An option has no effect; the text names it and the fix.</exception>
    public static void Check(
        TopicDefinition topic,
        string group,
        IReadOnlyDictionary<Type, HandlerDefinition> handlers,
        IReadOnlyList<ConsumerOptions> options)
    {
        var subject = $"Topic '{topic.Name}', group '{group}'";
        foreach (var one in options)
        {
            CheckStart(subject, topic, one.StartAt);
            if (one.Broadcast == false && topic.Capabilities is { Broadcast: true, CompetingConsumers: false })
            {
                throw new RedisMessagingConfigurationException(
                    $"{subject}: Broadcast is false, but on {topic.Kind} every subscriber gets every message. Leave Broadcast out, or use "
                    + "a Queue or Stream topic, whose consumers share the messages.");
            }

            if (one.KeyOrder is { } order and not KeyOrder.None && topic.Options.Format == MessageFormat.Raw)
            {
                throw new RedisMessagingConfigurationException(
                    $"{subject}: KeyOrder is {order}, but the topic's Format is Raw, whose messages have no key. Leave KeyOrder out, or "
                    + "set Format to Envelope.");
            }

            if (handlers.Count == 0)
            {
                CheckReader(subject, one);
            }
        }

        foreach (var handler in handlers.Values)
        {
            CheckHandler(topic, handler);
        }
    }

    private static void CheckStart(string subject, TopicDefinition topic, StartPosition start)
    {
        if (!Enum.IsDefined(start))
        {
            throw new RedisMessagingConfigurationException(
                $"{subject}: StartAt is {start}; it must be one of {string.Join(", ", Enum.GetNames<StartPosition>())}.");
        }

        if (start == StartPosition.Beginning && !topic.Capabilities.Durable)
        {
            throw new RedisMessagingConfigurationException(
                $"{subject}: StartAt is Beginning, but {topic.Kind} keeps no messages: a subscriber gets what is published from now on. "
                + "Leave StartAt out, or use a Stream topic.");
        }

        // Streams have it with DeleteOnAck, too.
        if (start == StartPosition.New && topic.Kind == TransportKind.Queue)
        {
            throw new RedisMessagingConfigurationException(
                $"{subject}: StartAt is New, but a queue hands out all messages that wait in it. Leave StartAt out, or use a Stream "
                + "topic.");
        }
    }

    private static void CheckReader(string subject, ConsumerOptions options)
    {
        var ignored = options switch
        {
            { Concurrency: { } concurrency and not OneAtATime } =>
                $"Concurrency is {concurrency}, but a reader hands out one message at a time",
            { HandlerTimeout: { } timeout } => $"HandlerTimeout is {timeout}, but a reader has no handler",
            { PauseRules: [var rule, ..] } => $"{rule.Name} is set, but a reader has no handler that fails",
            { Retry: var retry } when retry.NamesOfChanged().FirstOrDefault() is { } name =>
                $"Retry.{name} is set, but a reader settles each message itself (AckAsync, NackAsync, DeadLetterAsync)",
            _ => null,
        };
        if (ignored is not null)
        {
            throw new RedisMessagingConfigurationException($"{subject}: {ignored}. Leave it out, or use SubscribeAsync.");
        }
    }

    private static void CheckHandler(TopicDefinition topic, HandlerDefinition handler)
    {
        if (handler.Batch is not null && handler.Binding is not BatchHandlerBinding)
        {
            throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}', {handler.Binding.Name}: {TypeName.Of(handler.Options.GetType())} are options of batch handlers, "
                + $"and this handler takes one message at a time. Use {nameof(SubscribeOptions)}, or SubscribeBatchAsync.");
        }
    }
}
