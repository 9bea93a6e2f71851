using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Consuming.Batches;

/// <summary>
/// Innermost where a consumer has batch handlers: joins the batch of the message's handler, or waits for a place and runs its own.
/// </summary>
/// <param name="single">For messages whose handler takes one at a time.</param>
internal sealed class BatchStep(
    BatchGathering gathering,
    ConsumeStep single,
    ConsumerPump pump,
    ILogger logger,
    Instruments instruments) : ConsumeStep
{
    public override ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken) =>
        context.Handler!.Binding is BatchHandlerBinding
        ? JoinAsync(context, cancellationToken)
        : RunAsync(context, cancellationToken);

    private async ValueTask JoinAsync(StepContext context, CancellationToken cancellationToken)
    {
        var item = new BatchItem(context, pump, logger, instruments, cancellationToken);
        gathering.Join(item, apart: context.Held.IsSuspect);
        var error = await item.Outcome.ConfigureAwait(false);
        error?.Throw();
    }

    private async ValueTask RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        await gathering.EnterAsync(cancellationToken).ConfigureAwait(false);
        using var own = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            context.Held.HandlerCancellation = own;
            await single.InvokeAsync(context, own.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.Held.IsLost)
        {
            context.IsSettled = true;
        }
        finally
        {
            context.Held.HandlerCancellation = null;
            gathering.Exit();
        }
    }
}
