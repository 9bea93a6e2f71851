namespace RedisMessaging;

/// <summary>A request handler as a delegate: see <see cref="IRequestHandler{TRequest, TReply}"/>.</summary>
/// <typeparam name="TRequest">The request.</typeparam>
/// <typeparam name="TReply">The reply.</typeparam>
/// <param name="request">The request.</param>
/// <param name="context">Where it came from: id, topic, attempt, headers.</param>
/// <param name="cancellationToken">Cancelled when the subscription is stopped for good or the lease was lost.</param>
/// <returns>The reply.</returns>
public delegate ValueTask<TReply> RequestHandler<in TRequest, TReply>(
    TRequest request,
    MessageContext context,
    CancellationToken cancellationToken);
