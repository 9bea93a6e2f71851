namespace RedisMessaging.Pipeline;

/// <summary>Lets nothing through whose ack is recorded. Asked for every start: the record may have come while the message was prefetched.</summary>
internal sealed class InboxStep(Inbox inbox, ConsumeStep next) : ConsumeStep
{
    public override async ValueTask InvokeAsync(ReceiveContext context, CancellationToken cancellationToken)
    {
        if (await inbox.AdmitsAsync(context.Held, context.Context!.MessageId, cancellationToken).ConfigureAwait(false))
        {
            await next.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            context.IsSkipped = true;
        }
    }
}
