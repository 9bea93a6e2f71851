namespace RedisMessaging;

/// <summary>Runs around every handler, in the order of registration: tenants, auth, audit.</summary>
/// <remarks>
/// Taken from the message's DI scope. Returning without calling <c>next</c> acks the message unhandled; throwing nacks it.
/// </remarks>
public interface IConsumeFilter
{
    /// <summary>Does its part and calls <paramref name="next"/>.</summary>
    /// <param name="context">The message on its way to its handler.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <param name="cancellationToken">The handler's token.</param>
    /// <returns>A task that ends when the filter and everything inside it is done.</returns>
    ValueTask ConsumeAsync(ConsumeContext context, ConsumeNext next, CancellationToken cancellationToken);
}
