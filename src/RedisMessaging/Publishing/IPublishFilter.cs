namespace RedisMessaging;

/// <summary>Runs around every publish, in the order of registration: tenants, auth, audit.</summary>
/// <remarks>
/// One instance serves all publishes, from many threads at once. With <c>PublishManyAsync</c> it runs once for each message, before any of
/// them is sent.
/// </remarks>
public interface IPublishFilter
{
    /// <summary>
    /// Does its part and calls <paramref name="next"/>; not calling it keeps the message from being published, so throw to say why.
    /// </summary>
    /// <param name="context">The message on its way out.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <param name="cancellationToken">Cancels before the message is written; not afterwards.</param>
    /// <returns>The outcome, normally that of <paramref name="next"/>.</returns>
    ValueTask<PublishResult> PublishAsync(PublishContext context, PublishNext next, CancellationToken cancellationToken);
}
