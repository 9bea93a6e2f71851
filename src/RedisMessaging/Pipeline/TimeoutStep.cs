namespace RedisMessaging.Pipeline;

/// <summary>Ends the attempt of a handler that runs for too long, whether or not it heeds its token.</summary>
internal sealed class TimeoutStep(ConsumeStep next, TimeProvider time) : ConsumeStep
{
    private static readonly TimeSpan GraceAfterCancel = TimeSpan.FromSeconds(5);

    public override ValueTask InvokeAsync(ReceiveContext context, CancellationToken cancellationToken) => context.Handler!.Timeout is { } timeout
        ? InvokeAsync(context, timeout, cancellationToken)
        : next.InvokeAsync(context, cancellationToken);

    private async ValueTask InvokeAsync(ReceiveContext context, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var running = next.InvokeAsync(context, either.Token).AsTask();
        try
        {
            await running.WaitAsync(timeout + GraceAfterCancel, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested && error is OperationCanceledException or TimeoutException)
        {
            // Left behind, it may still fail; nobody waits for it.
            _ = running.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw new TimeoutException($"The handler ran for longer than its HandlerTimeout of {timeout}.", error);
        }
    }
}
