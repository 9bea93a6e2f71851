namespace RedisMessaging.ContractTests;

/// <summary>A filter that throws for the bad message.</summary>
internal sealed class ForeignFilter(ForeignFault fault) : IConsumeFilter
{
    public async ValueTask ConsumeAsync(ConsumeContext context, ConsumeNext next, CancellationToken cancellationToken)
    {
        var isBad = context.Message is Note { Text: ForeignTrial.Bad };
        if (isBad && fault == ForeignFault.FilterBefore)
        {
            throw new BrokenException(hasMessage: false);
        }

        await next(context, cancellationToken);
        if (isBad && fault == ForeignFault.FilterAfter)
        {
            throw new BrokenException(hasMessage: false);
        }
    }
}
