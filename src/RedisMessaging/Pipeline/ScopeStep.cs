using Microsoft.Extensions.DependencyInjection;

namespace RedisMessaging.Pipeline;

/// <summary>A DI scope for each message: its filters and its handler are taken from it.</summary>
internal sealed class ScopeStep(IServiceScopeFactory scopes, ConsumeStep next) : ConsumeStep
{
    public override async ValueTask InvokeAsync(ReceiveContext context, CancellationToken cancellationToken)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            context.Services = scope.ServiceProvider;
            await next.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
        }
    }
}
