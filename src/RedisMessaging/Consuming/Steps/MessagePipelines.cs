using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Consuming.Retries;
using RedisMessaging.Diagnostics;
using RedisMessaging.Requests;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Steps;

/// <summary>Both pipelines in their order, on one screen.</summary>
internal static class MessagePipelines
{
    /// <summary>What happens to a received message.</summary>
    /// <param name="batches">Where it has batch handlers.</param>
    public static ConsumeStep Consume(
        ConsumerDefinition consumer,
        IMessageSerializer serializer,
        IReadOnlyList<IClassSource<IConsumeFilter>> filters,
        IServiceProvider services,
        ConsumerPump pump,
        BatchGathering? batches,
        HandledMessages? inbox,
        ReplySender replies,
        BusServices bus)
    {
        var (time, logger, instruments) = bus;
        var identity = new ConsumerIdentity(consumer.Topic.Name, consumer.Group);
        foreach (var handler in consumer.Handlers.Values)
        {
            handler.Binding.Logger = logger;
        }

        // What pauses the consumer.
        var breaker = CircuitBreaker.For(consumer, pump, bus);

        // The handler, with its timeout, lease, batch and immediate attempts.
        ConsumeStep next = Handle(consumer, pump, batches, breaker, bus);

        // The user's filters, in the order they were added.
        if (filters.Count > 0)
        {
            next = new FilterStep(filters, next, logger);
        }

        // A DI scope for each message, where something is taken from it.
        if (services.GetService<IServiceScopeFactory>() is { } scopes
            && (filters.Count > 0 || consumer.Handlers.Values.Any(handler => handler.Binding.NeedsScope)))
        {
            next = new ScopeStep(scopes, next, logger);
        }

        // Not once more what this group has acked.
        if (inbox is not null)
        {
            next = new InboxStep(inbox, next);
        }

        // What failed lately, for its dead letter should it come back once too often.
        var failures = new RecentFailures();

        // Bytes to message. Outside of what is retried: bad bytes stay bad.
        next = new DeserializeStep(new MessageDecoder(consumer.Topic, consumer.Group, serializer, time), failures, next, instruments);

        // The reply to a request, a failure included.
        if (consumer.Handlers.Values.Any(handler => handler.Binding is RequestBinding))
        {
            next = new ReplyStep(replies, identity, next, time, logger, instruments);
        }

        // The outcome of it all, as a settlement: ack, another attempt later, dead letter, release. Nothing throws past this step.
        return new OutcomeStep(pump, failures, breaker, next, logger, instruments);
    }

    /// <summary>The inner part, around the handler itself.</summary>
    private static RetryStep Handle(
        ConsumerDefinition consumer,
        ConsumerPump pump,
        BatchGathering? batches,
        CircuitBreaker? breaker,
        BusServices bus)
    {
        var (time, logger, instruments) = bus;
        var identity = new ConsumerIdentity(consumer.Topic.Name, consumer.Group);

        // Its handler, chosen by type.
        ConsumeStep next = new DispatchStep();

        // How long it may run. Also where it may run for ever: a reload of the configuration may change that.
        next = new TimeoutStep(next, time, identity, logger);

        // Only while it is ours: it may have waited since it was taken.
        if (pump.HasLeases)
        {
            next = new LeaseStep(pump, next);
        }

        // Its handler together with others, where that takes many at a time.
        if (batches is not null)
        {
            batches.Breaker = breaker;
            next = new BatchStep(batches, next, pump, logger, instruments);
        }

        // Further attempts that follow at once.
        return new RetryStep(next, breaker, time, logger, instruments);
    }

    /// <summary>What happens to a message on its way out.</summary>
    public static PublishNext Publish(IReadOnlyList<IPublishFilter> filters, PublishNext send)
    {
        // Envelope, counters, transport.
        var next = send;

        // The user's filters around it, in the order they were added.
        foreach (var filter in filters.Reverse())
        {
            var inner = next;
            next = (context, cancellationToken) => filter.PublishAsync(context, inner, cancellationToken);
        }

        return next;
    }
}
