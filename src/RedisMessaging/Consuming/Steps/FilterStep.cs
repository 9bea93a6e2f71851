using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using RedisMessaging.Bus;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Steps;

/// <summary>The user's filters around the handler, in the order they were added.</summary>
internal sealed class FilterStep(IReadOnlyList<IClassSource<IConsumeFilter>> filters, ConsumeStep next, ILogger logger) : ConsumeStep
{
    public override ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken)
    {
        context.MayBeLeftBehind = true;
        List<object>? owned = null;
        ConsumeNext chain = (_, token) => next.InvokeAsync(context, token);
        try
        {
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
        }
        catch (Exception error) when (owned is not null)
        {
            return FailAsync(context, owned, ExceptionDispatchInfo.Capture(error));
        }

        var consumed = new ConsumeContext(context.Message!, context.MessageType!, context.Context!, context.Services);
        return owned is null
            ? chain(consumed, cancellationToken)
            : InvokeAndDisposeAsync(context, chain, consumed, owned, cancellationToken);
    }

    private async ValueTask InvokeAndDisposeAsync(
        StepContext context,
        ConsumeNext chain,
        ConsumeContext consumed,
        List<object> owned,
        CancellationToken cancellationToken)
    {
        try
        {
            await chain(consumed, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await DisposeAllAsync(context, owned, 0).ConfigureAwait(false);
            throw;
        }

        // The outermost one last, as scopes do it.
        for (var i = 0; i < owned.Count; i++)
        {
            try
            {
                await OwnedInstance.DisposeAsync(owned[i]).ConfigureAwait(false);
            }
            catch
            {
                await DisposeAllAsync(context, owned, i + 1).ConfigureAwait(false);
                throw;
            }
        }
    }

    private async ValueTask FailAsync(StepContext context, List<object> owned, ExceptionDispatchInfo error)
    {
        await DisposeAllAsync(context, owned, 0).ConfigureAwait(false);
        error.Throw();
    }

    private async ValueTask DisposeAllAsync(StepContext context, List<object> owned, int from)
    {
        for (var i = from; i < owned.Count; i++)
        {
            await ForeignDisposal.AfterFailureAsync(
                owned[i],
                context.Context,
                context.Consumer.Topic.Name,
                context.Consumer.Group,
                logger).ConfigureAwait(false);
        }
    }
}
