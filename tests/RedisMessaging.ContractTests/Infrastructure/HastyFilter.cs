namespace RedisMessaging.ContractTests;

/// <summary>Does not wait for the handler of the first message, which it lets begin only when it is told to.</summary>
internal sealed class HastyFilter(Task begin) : IConsumeFilter
{
    private int _count;

    public ValueTask ConsumeAsync(ConsumeContext context, ConsumeNext next, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _count) > 1)
        {
            return next(context, cancellationToken);
        }

        _ = LaterAsync();
        return ValueTask.CompletedTask;

        async Task LaterAsync()
        {
            await begin;
            await next(context, CancellationToken.None);
        }
    }
}
