using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming;
using RedisMessaging.Consuming.Retries;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Requests;

/// <summary>
/// Sends what a request handler returned, or why there is nothing to send: before the settlement, so that no request is acked and its reply
/// forgotten.
/// </summary>
internal sealed class ReplyStep(
    ReplySender replies,
    ConsumerIdentity consumer,
    ConsumeStep next,
    TimeProvider time,
    ILogger logger,
    Instruments instruments) : ConsumeStep
{
    public override async ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken)
    {
        try
        {
            await next.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!(error is OperationCanceledException && cancellationToken.IsCancellationRequested)
            && context.Held.IsOpen
            && !WillBeRetried(context, error))
        {
            if (RequestOf(context) is not { } failed)
            {
                throw;
            }

            await replies.FailAsync(consumer, failed, error, cancellationToken).ConfigureAwait(false);
            if (error is UnhandleableMessageException or DeadLetterException)
            {
                throw;
            }

            (context.HasFailed, context.Failure) = (true, error);
            instruments.Failed.Add(1, Instruments.Consumer(consumer.Topic, consumer.Group));
            Log.RequestFailed(logger, failed.MessageId, consumer.Topic, consumer.Group, context.Held.Starts, error);
            return;
        }

        if (context.Reply is { } reply && RequestOf(context) is { } request)
        {
            await replies.SendAsync(consumer, request, reply, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The header of a message that asks for a reply of this consumer. Read a second time: what failed may not have come to have one.
    /// </summary>
    private static EnvelopeHeader? RequestOf(StepContext context) =>
        context.Handler is null or { Binding: RequestBinding }
        && EnvelopeReader.ReadIfPossible(context.Held.Delivery.Frame, out _) is { ReplyTo: { } replyTo } header
        && ReplyKey.IsOne(replyTo)
            ? header
            : null;

    private bool WillBeRetried(StepContext context, Exception error)
    {
        if (error is UnhandleableMessageException or DeadLetterException || context.Handler?.Retry is not { } retry)
        {
            return false;
        }

        var asked = error as RetryAfterException;
        if (!RetryJudge.IsRetryable(context, retry, error, logger)
            || context.Held.Starts >= retry.MaxAttempts
            || (asked is null && !retry.HasOwnMaxAttempts()))
        {
            return false;
        }

        // What comes after its time is dropped: then its asker had better know now.
        return !(context.Context?.ExpiresAt <= time.GetUtcNow() + (asked?.Delay ?? retry.DelayAfter(context.Held.Starts)));
    }
}
