using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>Outermost: turns what happened inside into a verdict, counts it and logs what went wrong.</summary>
internal sealed class VerdictStep(ConsumerPump pump, ConsumeStep next, ILogger logger, Instruments instruments) : ConsumeStep
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>Where nothing is acked, a message that always fails would be tried in process for ever.</summary>
    private const int MaxAttemptsInProcess = 5;

    public override async ValueTask InvokeAsync(ReceiveContext context, CancellationToken cancellationToken)
    {
        var held = context.Held;
        var topic = context.Consumer.Topic.Name;
        var group = context.Consumer.Group;
        try
        {
            await next.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
            pump.Settle(held, Verdict.Ack);
            instruments.Handled.Add(1, Instruments.Consumer(topic, group));
        }
        catch (UnhandleableMessageException error)
        {
            instruments.DeadLettered.Add(1, Instruments.Consumer(topic, group, error.Reason));
            Log.Unhandleable(logger, topic, group, error.Reason, error.Message);
            pump.Settle(held, Verdict.DeadLetter, error.Reason, error.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping, or the lease is lost (then nothing is settled any more).
            pump.Settle(held, Verdict.Release);
        }
        catch (Exception error)
        {
            instruments.Failed.Add(1, Instruments.Consumer(topic, group));
            if (!context.Consumer.Topic.Capabilities.Durable && held.Starts >= MaxAttemptsInProcess)
            {
                Log.HandlerGivenUp(logger, context.Context?.MessageId, topic, group, held.Starts, error);
                instruments.Dropped.Add(1, Instruments.Consumer(topic, group, "max-attempts"));
                pump.Settle(held, Verdict.Ack);
                return;
            }

            var delay = Delay(held.Starts);
            Log.HandlerFailed(logger, context.Context?.MessageId, topic, group, held.Starts, delay.TotalSeconds, error);
            pump.RetryLater(held, delay);
        }
    }

    private static TimeSpan Delay(int starts)
    {
        var milliseconds = FirstDelay.TotalMilliseconds * Math.Pow(2, Math.Clamp(starts - 1, 0, 20));
        return TimeSpan.FromMilliseconds(Math.Min(milliseconds, LongestDelay.TotalMilliseconds));
    }
}
