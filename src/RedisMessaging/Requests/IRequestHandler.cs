namespace RedisMessaging;

/// <summary>Handles requests of one type and answers them.</summary>
/// <typeparam name="TRequest">The request: a message type that a topic carries.</typeparam>
/// <typeparam name="TReply">The reply. No topic has to carry it; its wire name is the type's name in kebab-case, on both sides.</typeparam>
/// <remarks>
/// A handler is taken from a DI scope of its own for each request. What it returns is written to the asker's reply stream (<c>XADD</c>),
/// and then the request is acked; what it throws is the answer, too: the asker gets a <see cref="RemoteRequestException"/> with the
/// exception's type and text, and the request is acked without another attempt. It is tried again only after a
/// <see cref="RetryAfterException"/>, and where <see cref="RetryOptions.MaxAttempts"/> was set: then the last attempt's failure is the
/// answer. A message that was published without asking for a reply is handled as any other, retries included, and its reply is discarded.
/// </remarks>
public interface IRequestHandler<in TRequest, TReply>
{
    /// <summary>Handles one request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="context">Where it came from: id, topic, attempt, headers.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the subscription stops, shortly before its <c>ShutdownTimeout</c> is over, and when the request's lease was lost. The
    /// asker's own token does not reach it.
    /// </param>
    /// <returns>The reply; <see langword="null"/> counts as a failure.</returns>
    ValueTask<TReply> HandleAsync(TRequest request, MessageContext context, CancellationToken cancellationToken);
}
