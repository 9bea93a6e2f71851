using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.Handlers;

namespace RedisMessaging.Consuming.Steps;

/// <summary>How long a handler may run: see <see cref="HandlerDeadline"/>.</summary>
internal sealed class TimeoutStep(ConsumeStep next, TimeProvider time, ConsumerIdentity consumer, ILogger logger) : ConsumeStep
{
    public override ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken) =>
        context.Handler!.Timeout is { } timeout
        ? InvokeAsync(context, timeout, cancellationToken)
        : next.InvokeAsync(context, cancellationToken);

    private ValueTask InvokeAsync(StepContext context, TimeSpan timeout, CancellationToken cancellationToken)
    {
        context.MayBeLeftBehind = true;
        return HandlerDeadline.RunAsync(token => next.InvokeAsync(context, token), timeout, time, consumer, logger, cancellationToken);
    }
}
