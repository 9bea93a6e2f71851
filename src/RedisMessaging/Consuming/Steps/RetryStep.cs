using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Consuming.Retries;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Steps;

/// <summary>Further attempts that follow at once, in place. What waits first goes back through <see cref="OutcomeStep"/>.</summary>
internal sealed class RetryStep(
    ConsumeStep next,
    CircuitBreaker? breaker,
    TimeProvider time,
    ILogger logger,
    Instruments instruments) : ConsumeStep
{
    public override ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken)
    {
        var retry = context.Handler!.Retry;
        // A redelivered message may have killed its process: each of its starts has to be recorded first, which only the way through Redis
        // does.
        var immediate = context.Held.Delivery.Redelivered ? 0 : retry.ImmediateAttempts;
        return immediate == 0 ? next.InvokeAsync(context, cancellationToken) : InvokeAsync(context, retry, immediate, cancellationToken);
    }

    private async ValueTask InvokeAsync(StepContext context, RetryOptions retry, int immediate, CancellationToken cancellationToken)
    {
        var held = context.Held;
        while (true)
        {
            try
            {
                await next.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (held.Starts <= immediate
                && held.IsOpen
                && !cancellationToken.IsCancellationRequested
                && breaker?.State != CircuitState.Open
                // Past its TimeToLive no handler gets it: DeserializeStep sees to that when it comes back.
                && !(context.Context!.ExpiresAt <= time.GetUtcNow())
                && error is not (DeadLetterException or RetryAfterException)
                && RetryJudge.IsRetryable(context, retry, error, logger))
            {
                instruments.Failed.Add(1, Instruments.Consumer(context.Consumer.Topic.Name, context.Consumer.Group));
                Log.HandlerFailed(
                    logger,
                    context.Context!.MessageId,
                    context.Consumer.Topic.Name,
                    context.Consumer.Group,
                    held.Starts,
                    0,
                    error);
                context.Context = context.Context.ForAttempt(++held.Starts);
            }
        }
    }
}
