namespace RedisMessaging.Pipeline;

/// <summary>The user's filters around the handler, in the order they were added.</summary>
internal sealed class FilterStep(IReadOnlyList<Func<IServiceProvider, IConsumeFilter>> filters, ConsumeStep next) : ConsumeStep
{
    public override ValueTask InvokeAsync(ReceiveContext context, CancellationToken cancellationToken)
    {
        context.MayBeLeftBehind = true;
        ConsumeNext chain = (_, token) => next.InvokeAsync(context, token);
        for (var i = filters.Count - 1; i >= 0; i--)
        {
            var filter = filters[i](context.Services);
            var inner = chain;
            chain = (consume, token) => filter.ConsumeAsync(consume, inner, token);
        }

        return chain(new ConsumeContext(context.Message!, context.Handler!.Binding.MessageType, context.Context!, context.Services), cancellationToken);
    }
}
