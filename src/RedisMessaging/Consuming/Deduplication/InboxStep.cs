using System.Collections.Concurrent;
using RedisMessaging.Consuming.Steps;

namespace RedisMessaging.Consuming.Deduplication;

/// <summary>
/// Lets nothing through whose ack is recorded. Asked for every start: the record may have come while the message was prefetched. Two
/// messages with one id go one after the other, the second once the first is settled: acks travel in batches, and a look taken before would
/// find nothing.
/// </summary>
internal sealed class InboxStep(HandledMessages inbox, ConsumeStep next) : ConsumeStep
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _underWay = new(StringComparer.Ordinal);

    public override async ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken)
    {
        var id = context.Context!.MessageId;
        var own = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (_underWay.GetOrAdd(id, own) is var first && first != own)
        {
            await first.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        context.Held.OnGone(() => End(id, own));
        try
        {
            if (await inbox.AdmitsAsync(context.Held, id, cancellationToken).ConfigureAwait(false))
            {
                await next.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                context.IsSkipped = true;
            }
        }
        catch
        {
            // It may be long until its next attempt.
            End(id, own);
            throw;
        }
    }

    private void End(string id, TaskCompletionSource own)
    {
        _underWay.TryRemove(KeyValuePair.Create(id, own));
        own.TrySetResult();
    }
}
