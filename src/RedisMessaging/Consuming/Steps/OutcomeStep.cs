using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Consuming.Retries;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Steps;

/// <summary>Outermost: turns what happened inside into a settlement, counts it and logs faults.</summary>
internal sealed class OutcomeStep(
    ConsumerPump pump,
    RecentFailures failures,
    CircuitBreaker? breaker,
    ConsumeStep next,
    ILogger logger,
    Instruments instruments) : ConsumeStep
{
    /// <summary>For what fails before its handler is known: a filter's or a scope's fault.</summary>
    private static readonly RetryOptions DefaultRetry = new();

    /// <summary>So much later than others may be tried.</summary>
    private static readonly TimeSpan BehindOthers = TimeSpan.FromSeconds(1);

    public override async ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken)
    {
        try
        {
            await next.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
            pump.Settle(context.Held, SettlementKind.Ack);
            Count(context);
            if (instruments.Handled.Enabled && !context.IsSkipped && !context.IsSettled && !context.HasFailed)
            {
                instruments.Handled.Add(1, Instruments.Consumer(context.Consumer.Topic.Name, context.Consumer.Group));
            }
        }
        catch (UnhandleableMessageException error)
        {
            // The start was counted, but the handler never ran.
            context.Held.Starts--;
            DeadLetter(context, error.Reason, BoundedText.MessageOf(error), error.InnerException);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping, or the lease is lost (then nothing is settled any more).
            pump.Settle(context.Held, SettlementKind.Release);
        }
        catch (Exception error)
        {
            // A handler may throw anything; none of it may stop the consumer.
            Judge(context, error);
        }
    }

    private void Judge(StepContext context, Exception error)
    {
        try
        {
            Fail(context, error);
        }
        catch (Exception fault)
        {
            context.Held.GivenUp = new GivenUp(context.Context, context.Message, error);
            FallbackSettlement.Give(
                pump,
                context.Held,
                context.Handler?.Retry,
                new ConsumerIdentity(context.Consumer.Topic.Name, context.Consumer.Group),
                error,
                fault,
                logger);
        }
    }

    private void Fail(StepContext context, Exception error)
    {
        instruments.Failed.Add(1, Instruments.Consumer(context.Consumer.Topic.Name, context.Consumer.Group));
        var retry = context.Handler?.Retry ?? DefaultRetry;
        var starts = context.Held.Starts;
        if (error is DeadLetterException said)
        {
            DeadLetter(context, said.Reason, BoundedText.Of(said.InnerException), said);
        }
        else if (!RetryJudge.IsRetryable(context, retry, error, logger))
        {
            DeadLetter(context, DeadLetterReason.NotRetryable, BoundedText.Of(error), error);
        }
        else if (Breaks(context, error) is { } rule)
        {
            ReleaseForPause(context, rule, error);
        }
        else if (starts >= retry.MaxAttempts)
        {
            DeadLetter(context, DeadLetterReason.MaxAttempts, BoundedText.Of(error), error);
        }
        else
        {
            var delay = error is RetryAfterException asked ? asked.Delay : retry.DelayAfter(starts);
            failures.Note(DeliveryName.Of(context), error);
            Log.HandlerFailed(
                logger,
                context.Context?.MessageId,
                context.Consumer.Topic.Name,
                context.Consumer.Group,
                starts,
                delay.TotalSeconds,
                error);
            pump.RetryLater(context.Held, delay);
        }
    }

    /// <summary>How a handler ended that did not throw. A batch handler's end is counted where it ends.</summary>
    private void Count(StepContext context)
    {
        if (breaker is null || context is { IsSkipped: true } or { IsSettled: true } or { Handler: null or { Batch: not null } })
        {
            return;
        }

        if (context.Failure is { } failure)
        {
            // Its requester has its failure, and waits for no other outcome.
            breaker.Fail(context.Handler, failure);
        }
        else
        {
            breaker.Succeed(context.Handler);
        }
    }

    private PauseRule? Breaks(StepContext context, Exception error) => context.Handler switch
    {
        null => null,
        { Batch: not null } handler => breaker?.Find(handler, error),
        var handler => breaker?.Fail(handler, error),
    };

    /// <summary>
    /// As if it had not been started. One that was tried comes after others, so that the next one is another message: this one may be what
    /// fails, and nothing else.
    /// </summary>
    private void ReleaseForPause(StepContext context, PauseRule rule, Exception error)
    {
        var held = context.Held;
        held.Starts = context.StartsBefore;
        failures.Note(DeliveryName.Of(context), error);
        Log.GivenBackByCircuit(logger, context.Context?.MessageId, context.Consumer.Topic.Name, context.Consumer.Group, rule.Name, error);
        if (held.Trial is not null)
        {
            pump.RetryLater(held, rule.PauseFor + BehindOthers);
        }
        else
        {
            held.GoesBack = true;
        }
    }

    private void DeadLetter(StepContext context, string reason, string detail, Exception? error)
    {
        context.Held.GivenUp = new GivenUp(context.Context, context.Message, error);
        var topic = context.Consumer.Topic;
        // Where none are kept the transport says that it dropped the message.
        if (topic.Capabilities.DeadLetters)
        {
            instruments.DeadLettered.Add(1, Instruments.Consumer(topic.Name, context.Consumer.Group, DeadLetterReason.Tag(reason)));
            Log.Unhandleable(logger, DeliveryName.Of(context), topic.Name, context.Consumer.Group, reason, detail);
        }

        pump.Settle(context.Held, SettlementKind.DeadLetter, reason, detail);
    }
}
