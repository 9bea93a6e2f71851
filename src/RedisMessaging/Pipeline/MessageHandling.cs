using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>
/// One message from the pump through the pipeline. A redelivered one is handled alone, its start recorded first: if it kills the process, only its own attempts rise.
/// </summary>
internal sealed class MessageHandling(ConsumerDefinition consumer, ConsumerPump pump, ConsumeStep pipeline, ExclusiveGate gate, BatchGathering? batches, IServiceProvider services, ILogger logger, Instruments instruments)
{
    /// <summary>How many messages are being handled.</summary>
    public int Running => pump.Handlers.Messages;

    /// <summary>For one message after another.</summary>
    public ReceiveContext CreateContext() => new(consumer, services);

    /// <param name="context">Not in use for another message.</param>
    /// <param name="own">Cancelled when the message is lost; <see langword="null"/> where others have the same token.</param>
    public async ValueTask HandleAsync(HeldDelivery held, ReceiveContext context, CancellationTokenSource? own, CancellationToken cancellationToken)
    {
        var alone = held.Delivery.Redelivered;
        await gate.EnterAsync(alone).ConfigureAwait(false);
        if (pump.GivesBackUnstarted(held) || !pump.TryBeginHandling(held))
        {
            gate.Exit(alone);
            batches?.End();
            return;
        }

        var handling = Handling.Begin(pump.Handlers, messages: 1);
        try
        {
            held.HandlerCancellation = own;
            held.Starts++;
            if (alone)
            {
                instruments.Redelivered.Add(1, Instruments.Consumer(consumer.Topic.Name, consumer.Group));
                if (!await pump.RecordStartAsync(held, cancellationToken).ConfigureAwait(false))
                {
                    return;
                }
            }

            if (held.IsOpen)
            {
                context.Begin(held);
                await pipeline.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
                if (context.IsSkipped)
                {
                    pump.NotStarted();
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped before the handler was started.
            pump.Settle(held, Verdict.Release);
        }
        catch (Exception error)
        {
            // Nothing is expected here. What came all the same must end neither the worker nor the message's way.
            LastVerdict.Give(pump, held, context.Handler?.Retry, new ConsumerIdentity(consumer.Topic.Name, consumer.Group), error, error, logger);
        }
        finally
        {
            held.HandlerCancellation = null;
            handling.End();
            pump.Handlers.Exit();
            gate.Exit(alone);
            pump.Done(held);
            batches?.End();
        }
    }
}
