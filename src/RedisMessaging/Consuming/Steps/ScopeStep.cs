using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisMessaging.Bus;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Steps;

/// <summary>A DI scope for each message: its filters and its handler are taken from it.</summary>
internal sealed class ScopeStep(IServiceScopeFactory scopes, ConsumeStep next, ILogger logger) : ConsumeStep
{
    public override async ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken)
    {
        var scope = scopes.CreateAsyncScope();
        try
        {
            context.Services = scope.ServiceProvider;
            await next.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await ForeignDisposal.AfterFailureAsync(
                scope,
                context.Context,
                context.Consumer.Topic.Name,
                context.Consumer.Group,
                logger).ConfigureAwait(false);
            throw;
        }

        await scope.DisposeAsync().ConfigureAwait(false);
    }
}
