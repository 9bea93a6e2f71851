using RedisMessaging.Connections;

namespace RedisMessaging.Pipeline;

/// <summary>Ends the attempt of a handler that runs for too long, whether or not it heeds its token.</summary>
internal static class HandlerDeadline
{
    private static readonly TimeSpan GraceAfterCancel = TimeSpan.FromSeconds(5);

    /// <exception cref="TimeoutException">It ran for too long.</exception>
    public static async ValueTask RunAsync(Func<CancellationToken, ValueTask> run, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var running = run(either.Token).AsTask();
        try
        {
            await running.WaitAsync(timeout + GraceAfterCancel, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested && error is OperationCanceledException or TimeoutException)
        {
            // Left behind, it may still fail.
            Abandoned.Observe(running);
            throw new TimeoutException($"The handler ran for longer than its HandlerTimeout of {timeout}.", error);
        }
    }
}
