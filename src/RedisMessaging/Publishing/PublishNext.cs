namespace RedisMessaging;

/// <summary>The rest of the publish pipeline.</summary>
/// <param name="context">The message on its way out.</param>
/// <param name="cancellationToken">Cancels before the message is written; not afterwards.</param>
/// <returns>The outcome, once the transport has taken the message.</returns>
public delegate ValueTask<PublishResult> PublishNext(PublishContext context, CancellationToken cancellationToken);
