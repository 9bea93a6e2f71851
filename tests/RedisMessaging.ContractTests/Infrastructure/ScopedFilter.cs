namespace RedisMessaging.ContractTests;

internal sealed class ScopedFilter(ScopeId scope) : IConsumeFilter
{
    public ValueTask ConsumeAsync(ConsumeContext context, ConsumeNext next, CancellationToken cancellationToken)
    {
        scope.SeenByFilter = scope.Value;
        return next(context, cancellationToken);
    }
}
