using RedisMessaging.Diagnostics;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>Bytes to message. A type that this consumer has no handler for is acked: another group handles it, or nobody cares. So is one that is past its time, where it is to be dropped.</summary>
internal sealed class DeserializeStep(MessageDecoder decoder, ConsumeStep next, Instruments instruments) : ConsumeStep
{
    public override ValueTask InvokeAsync(ReceiveContext context, CancellationToken cancellationToken)
    {
        var header = decoder.ReadEnvelope(context.Held.Delivery, out var type, out var body);
        if (type is null || !context.Consumer.Handlers.TryGetValue(type.Type, out var handler))
        {
            context.IsSkipped = true;
            instruments.Ignored.Add(1, Instruments.Consumer(decoder.Topic.Name, decoder.Group));
            return ValueTask.CompletedTask;
        }

        if (decoder.IsExpired(header))
        {
            instruments.Expired.Add(1, Instruments.Consumer(decoder.Topic.Name, decoder.Group));
            decoder.KeepExpired(header);
            context.IsSkipped = true;
            return ValueTask.CompletedTask;
        }

        if (context.Held.Starts > handler.Retry.MaxAttempts)
        {
            // It came back without a verdict after its last attempt: it may be what killed its consumers.
            throw new UnhandleableMessageException(DeadLetterReason.MaxAttempts, $"It was started {context.Held.Starts - 1} times and never settled.");
        }

        context.Handler = handler;
        context.Message = decoder.ReadBody(type, body);
        context.Context = decoder.CreateContext(header, context.Held);
        return next.InvokeAsync(context, cancellationToken);
    }
}
