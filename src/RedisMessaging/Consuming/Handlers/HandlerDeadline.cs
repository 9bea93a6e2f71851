using Microsoft.Extensions.Logging;
using RedisMessaging.Background;

namespace RedisMessaging.Consuming.Handlers;

/// <summary>Ends the attempt of a handler that runs for too long, whether or not it heeds its token.</summary>
internal static class HandlerDeadline
{
    private static readonly TimeSpan GraceAfterCancel = TimeSpan.FromSeconds(5);

    /// <exception cref="TimeoutException">It ran for too long.</exception>
    public static async ValueTask RunAsync(
        Func<CancellationToken, ValueTask> run,
        TimeSpan timeout,
        TimeProvider time,
        ConsumerIdentity consumer,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        using var token = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var isOver = false;
        // Not a token source with a time of its own: what a handler's callback threw on its timer would end the process.
        using var timer = BackgroundLoop.CreateTimer(time, () =>
        {
            Volatile.Write(ref isOver, true);
            _ = HandlerToken.CancelAsync(token, consumer, logger);
        });
        timer.Change(timeout, Timeout.InfiniteTimeSpan);
        var running = run(token.Token).AsTask();
        try
        {
            await running.WaitAsync(timeout + GraceAfterCancel, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (Volatile.Read(ref isOver)
            && !cancellationToken.IsCancellationRequested
            && error is OperationCanceledException or TimeoutException)
        {
            // Left behind, it may still fail.
            FireAndForget.Observe(running);
            throw new TimeoutException($"The handler ran for longer than its HandlerTimeout of {timeout}.", error);
        }
    }
}
