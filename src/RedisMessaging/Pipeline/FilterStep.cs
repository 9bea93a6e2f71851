namespace RedisMessaging.Pipeline;

/// <summary>The user's filters around the handler, in the order they were added.</summary>
internal sealed class FilterStep(IReadOnlyList<IClassSource<IConsumeFilter>> filters, ConsumeStep next) : ConsumeStep
{
    public override ValueTask InvokeAsync(ReceiveContext context, CancellationToken cancellationToken)
    {
        context.MayBeLeftBehind = true;
        List<object>? owned = null;
        ConsumeNext chain = (_, token) => next.InvokeAsync(context, token);
        for (var i = filters.Count - 1; i >= 0; i--)
        {
            var filter = filters[i].Get(context.Services, out var isOwned);
            if (isOwned)
            {
                (owned ??= []).Add(filter);
            }

            var inner = chain;
            chain = (consume, token) => filter.ConsumeAsync(consume, inner, token);
        }

        var consumed = new ConsumeContext(context.Message!, context.Handler!.Binding.MessageType, context.Context!, context.Services);
        return owned is null ? chain(consumed, cancellationToken) : InvokeAndDisposeAsync(chain, consumed, owned, cancellationToken);
    }

    private static async ValueTask InvokeAndDisposeAsync(ConsumeNext chain, ConsumeContext consumed, List<object> owned, CancellationToken cancellationToken)
    {
        try
        {
            await chain(consumed, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // The outermost one last, as scopes do it.
            foreach (var filter in owned)
            {
                await OwnedInstance.DisposeAsync(filter).ConfigureAwait(false);
            }
        }
    }
}
