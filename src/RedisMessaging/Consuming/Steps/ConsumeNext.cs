namespace RedisMessaging;

/// <summary>The rest of the consume pipeline.</summary>
/// <param name="context">The message on its way to its handler.</param>
/// <param name="cancellationToken">The handler's token.</param>
/// <returns>A task that ends with the handler.</returns>
public delegate ValueTask ConsumeNext(ConsumeContext context, CancellationToken cancellationToken);
