using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Batches;

/// <summary>Runs one batch through its handler, and gives each message its outcome.</summary>
/// <param name="ended">Called with the number of messages once the handler has ended, before the messages continue.</param>
internal sealed class BatchRunner(
    IServiceProvider services,
    ConsumerIdentity identity,
    TimeProvider time,
    ILogger logger,
    Action<int> ended)
{
    /// <summary>Pauses the consumer when its batches fail.</summary>
    public CircuitBreaker? Breaker { get; set; }

    public async Task RunAsync(OpenBatch open, List<BatchItem> batch)
    {
        ExceptionDispatchInfo? error = null;
        IReadOnlyDictionary<MessageContext, Exception>? failures = null;
        var handling = RunningHandler.Begin(batch[0].Handlers, batch.Count);
        try
        {
            // While they were gathered, and waited for a place, their leases may have run out.
            var ours = await FindOursAsync(batch).ConfigureAwait(false);
            if (ours.Count > 0)
            {
                await HandleAsync(open, ours).ConfigureAwait(false);
            }
        }
        catch (BatchException some)
        {
            (failures, error) = (some.Failures, ExceptionDispatchInfo.Capture(some));
        }
        catch (Exception all)
        {
            error = ExceptionDispatchInfo.Capture(all);
        }

        // Each is read once: the dictionary is the handler's.
        var outcomes = batch.ConvertAll(item => failures is null ? error : FailureOf(item, failures, error!));
        if (error?.SourceException is not OperationCanceledException || !batch[0].CancellationToken.IsCancellationRequested)
        {
            Count(open.Handler, batch, outcomes.Find(outcome => outcome is not null)?.SourceException);
        }

        handling.End();
        ended(batch.Count);
        foreach (var (item, outcome) in batch.Zip(outcomes))
        {
            item.Context.IsSettled |= item.Context.Held.IsLost;
            item.End(outcome);
        }
    }

    /// <summary>A batch is one run of its handler. Where only some of it failed, it fails with what one of them failed with.</summary>
    private void Count(HandlerDefinition handler, List<BatchItem> batch, Exception? failed)
    {
        if (Breaker is null || batch.TrueForAll(item => item.Context.Held.IsLost))
        {
            return;
        }

        if (failed is null)
        {
            Breaker.Succeed(handler);
        }
        else if (failed is not DeadLetterException && handler.Retry.IsRetryable(failed, out _))
        {
            Breaker.Fail(handler, failed);
        }
    }

    /// <summary>
    /// The dictionary is the handler's, and may throw or hold <see langword="null"/>: the message failed then, with an unknown error.
    /// </summary>
    private static ExceptionDispatchInfo? FailureOf(
        BatchItem item,
        IReadOnlyDictionary<MessageContext, Exception> failures,
        ExceptionDispatchInfo whole)
    {
        try
        {
            if (item.Handed is not { } handed || !failures.TryGetValue(handed, out var own))
            {
                return null;
            }

            return own is null ? whole : ExceptionDispatchInfo.Capture(own);
        }
        catch (Exception fault)
        {
            return ExceptionDispatchInfo.Capture(fault);
        }
    }

    private static async ValueTask<List<BatchItem>> FindOursAsync(List<BatchItem> batch)
    {
        var ours = new List<BatchItem>(batch.Count);
        foreach (var item in batch)
        {
            if (await item.IsOursAsync(item.CancellationToken).ConfigureAwait(false))
            {
                ours.Add(item);
            }
        }

        return ours;
    }

    private ValueTask HandleAsync(OpenBatch open, List<BatchItem> batch)
    {
        var cancellationToken = batch[0].CancellationToken;
        cancellationToken.ThrowIfCancellationRequested();
        return open.Handler.Timeout is { } timeout
            ? HandlerDeadline.RunAsync(
                token => open.Binding.HandleAsync(batch, services, token),
                timeout,
                time,
                identity,
                logger,
                cancellationToken)
            : open.Binding.HandleAsync(batch, services, cancellationToken);
    }
}
