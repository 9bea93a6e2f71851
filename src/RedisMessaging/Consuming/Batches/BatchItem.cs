using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.Reading;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Batches;

/// <summary>
/// One message in a batch. Its pipeline waits for <see cref="Outcome"/>; the handler may settle it before. The pipeline continues within
/// <see cref="End"/>, so that a batch costs no thread switch for each message.
/// </summary>
internal sealed class BatchItem(
    StepContext context,
    ConsumerPump pump,
    ILogger logger,
    Instruments instruments,
    CancellationToken cancellationToken)
    : MessageSettlement(pump, context.Held), IValueTaskSource<ExceptionDispatchInfo?>
{
    private ManualResetValueTaskSourceCore<ExceptionDispatchInfo?> _outcome;

    public StepContext Context => context;

    /// <summary>Cancelled when the consumer stops for good.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>What the handler knows the message by.</summary>
    public MessageContext? Handed { get; set; }

    /// <summary>
    /// What its batch came to: the error it failed with, if any. One object for all of a batch, so that throwing it does not make its stack
    /// trace grow from message to message.
    /// </summary>
    public ValueTask<ExceptionDispatchInfo?> Outcome => new(this, _outcome.Version);

    /// <summary>The batch is over: from here on its verbs do nothing.</summary>
    public void End(ExceptionDispatchInfo? error) => _outcome.SetResult(TryDecide() ? error : null);

    public override ValueTask<bool> NackAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        if (context.Held.Starts >= context.Handler!.Retry.MaxAttempts)
        {
            return DeadLetterAsync(DeadLetterReason.MaxAttempts, cancellationToken);
        }

        if (!TryDecide())
        {
            return ValueTask.FromResult(false);
        }

        context.IsSettled = true;
        instruments.Failed.Add(1, Instruments.Consumer(context.Consumer.Topic.Name, context.Consumer.Group));
        return RetryAsync(delay, cancellationToken);
    }

    public override ValueTask<bool> DeadLetterAsync(string reason, CancellationToken cancellationToken)
    {
        if (!TryDecide())
        {
            return ValueTask.FromResult(false);
        }

        context.IsSettled = true;
        context.Held.GivenUp = new GivenUp(context.Context, context.Message, null);
        var topic = context.Consumer.Topic;
        if (topic.Capabilities.DeadLetters)
        {
            instruments.DeadLettered.Add(1, Instruments.Consumer(topic.Name, context.Consumer.Group, DeadLetterReason.Tag(reason)));
            Log.Unhandleable(logger, DeliveryName.Of(context), topic.Name, context.Consumer.Group, reason, "");
        }

        return SettleAsync(SettlementKind.DeadLetter, reason, cancellationToken);
    }

    ExceptionDispatchInfo? IValueTaskSource<ExceptionDispatchInfo?>.GetResult(short token) => _outcome.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ExceptionDispatchInfo?>.GetStatus(short token) => _outcome.GetStatus(token);

    void IValueTaskSource<ExceptionDispatchInfo?>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) =>
        _outcome.OnCompleted(continuation, state, token, flags);
}
