using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>Outermost: turns what happened inside into a verdict, counts it and logs what went wrong.</summary>
internal sealed class VerdictStep(ConsumerPump pump, RecentFailures failures, ConsumeStep next, ILogger logger, Instruments instruments) : ConsumeStep
{
    /// <summary>For what fails before its handler is known: a filter's or a scope's fault.</summary>
    private static readonly RetryOptions DefaultRetry = new();

    public override async ValueTask InvokeAsync(ReceiveContext context, CancellationToken cancellationToken)
    {
        try
        {
            await next.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
            pump.Settle(context.Held, Verdict.Ack);
            if (instruments.Handled.Enabled && !context.IsSkipped && !context.IsSettled && !context.HasFailed)
            {
                instruments.Handled.Add(1, Instruments.Consumer(context.Consumer.Topic.Name, context.Consumer.Group));
            }
        }
        catch (UnhandleableMessageException error)
        {
            // The start was counted, but the handler never ran.
            context.Held.Starts--;
            DeadLetter(context, error.Reason, ExceptionText.MessageOf(error));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping, or the lease is lost (then nothing is settled any more).
            pump.Settle(context.Held, Verdict.Release);
        }
        catch (Exception error)
        {
            // A handler may throw anything; none of it may stop the consumer.
            Judge(context, error);
        }
    }

    private void Judge(ReceiveContext context, Exception error)
    {
        try
        {
            Fail(context, error);
        }
        catch (Exception fault)
        {
            LastVerdict.Give(pump, context.Held, context.Handler?.Retry, new ConsumerIdentity(context.Consumer.Topic.Name, context.Consumer.Group), error, fault, logger);
        }
    }

    private void Fail(ReceiveContext context, Exception error)
    {
        instruments.Failed.Add(1, Instruments.Consumer(context.Consumer.Topic.Name, context.Consumer.Group));
        var retry = context.Handler?.Retry ?? DefaultRetry;
        var starts = context.Held.Starts;
        if (error is DeadLetterException said)
        {
            DeadLetter(context, said.Reason, ExceptionText.Of(said.InnerException));
        }
        else if (!RetryJudge.IsRetryable(context, retry, error, logger))
        {
            DeadLetter(context, DeadLetterReason.NotRetryable, ExceptionText.Of(error));
        }
        else if (starts >= retry.MaxAttempts)
        {
            DeadLetter(context, DeadLetterReason.MaxAttempts, ExceptionText.Of(error));
        }
        else
        {
            var delay = error is RetryAfterException asked ? asked.Delay : retry.DelayAfter(starts);
            failures.Note(DeliveryName.Of(context), error);
            Log.HandlerFailed(logger, context.Context?.MessageId, context.Consumer.Topic.Name, context.Consumer.Group, starts, delay.TotalSeconds, error);
            pump.RetryLater(context.Held, delay);
        }
    }

    private void DeadLetter(ReceiveContext context, string reason, string detail)
    {
        var topic = context.Consumer.Topic;
        // Where none are kept the transport says that it dropped the message.
        if (topic.Capabilities.DeadLetters)
        {
            instruments.DeadLettered.Add(1, Instruments.Consumer(topic.Name, context.Consumer.Group, DeadLetterReason.Tag(reason)));
            Log.Unhandleable(logger, DeliveryName.Of(context), topic.Name, context.Consumer.Group, reason, detail);
        }

        pump.Settle(context.Held, Verdict.DeadLetter, reason, detail);
    }
}
