using RedisMessaging.Consuming.InFlight;

namespace RedisMessaging.Consuming.Steps;

/// <summary>
/// Starts no handler with a message that is somebody else's by now: filters, the inbox or a place among batches may have kept it waiting
/// since it was taken, or the process was frozen.
/// </summary>
internal sealed class LeaseStep(ConsumerPump pump, ConsumeStep next) : ConsumeStep
{
    public override ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken) =>
        IsSettledHere(context.Held) || pump.IsFresh(context.Held)
        ? next.InvokeAsync(context, cancellationToken)
        : InvokeIfOursAsync(context, cancellationToken);

    /// <summary>
    /// A filter that did not wait for the handler had the message acked: it still gets to its handler, as the filter wants it.
    /// </summary>
    private static bool IsSettledHere(InFlightMessage held) => held is { IsOpen: false, IsLost: false };

    private async ValueTask InvokeIfOursAsync(StepContext context, CancellationToken cancellationToken)
    {
        if (await pump.IsOursAsync(context.Held, cancellationToken).ConfigureAwait(false))
        {
            await next.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            context.IsSettled = true;
        }
    }
}
