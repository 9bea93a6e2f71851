using RedisMessaging.Consuming.Retries;
using RedisMessaging.Diagnostics;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Steps;

/// <summary>
/// Bytes to message. A type that this consumer has no handler for is acked: another group handles it, or none. So is one that is
/// past its time, where it is to be dropped.
/// </summary>
internal sealed class DeserializeStep(
    MessageDecoder decoder,
    RecentFailures failures,
    ConsumeStep next,
    Instruments instruments) : ConsumeStep
{
    public override ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken)
    {
        var header = decoder.ReadEnvelope(context.Held.Delivery, out var type, out var body);
        if (type is null || !context.Consumer.Handlers.TryGetValue(type.Type, out var handler))
        {
            context.IsSkipped = true;
            instruments.Ignored.Add(1, Instruments.Consumer(decoder.Topic.Name, decoder.Group));
            return ValueTask.CompletedTask;
        }

        // First: what is dead-lettered from here on is called by its id.
        context.Context = decoder.CreateContext(header, context.Held);
        if (decoder.IsExpired(header))
        {
            instruments.Expired.Add(1, Instruments.Consumer(decoder.Topic.Name, decoder.Group));
            decoder.KeepExpired(header);
            context.IsSkipped = true;
            return ValueTask.CompletedTask;
        }

        if (context.Held.Starts > handler.Retry.MaxAttempts)
        {
            throw new UnhandleableMessageException(DeadLetterReason.MaxAttempts, Describe(context, handler.Retry.MaxAttempts));
        }

        context.Handler = handler;
        context.MessageType = type.Type;
        context.Message = decoder.ReadBody(type, body);
        return next.InvokeAsync(context, cancellationToken);
    }

    /// <summary>
    /// Its last attempt was another consumer's, or was cut short: this one dead-letters what fails with its last attempt, and with the
    /// exception.
    /// </summary>
    private string Describe(StepContext context, int maxAttempts)
    {
        var outcome = context.Held.Delivery.Redelivered
            ? "The consumer that held it last reported no outcome: its process ended, or lost the lease."
            : "The consumer that held it last gave it back: its attempt failed under a higher MaxAttempts, it was nacked, or the consumer "
                + "stopped.";
        var failure = failures.Find(context.Context!.MessageId) is { } known
            ? $"An earlier attempt in this process failed with {known}"
            : "What its attempts failed with is in the logs of the processes that made them (event 5006).";
        return $"It was started {context.Held.Starts - 1} times, and MaxAttempts is {maxAttempts}. {outcome} {failure}";
    }
}
