namespace RedisMessaging;

/// <summary>What only a family of topics has (<see cref="ITopic.AsFamily"/>).</summary>
public interface ITopicFamily : ITopic
{
    /// <summary>
    /// The members of a family (<c>logs:*</c>) that were published or subscribed to, in the order in which they were registered, page by page (<c>ZRANGEBYSCORE</c>). Each is a topic of its own:
    /// <c>bus.Topic("logs:web")</c> has its dead letters, its schedule, its groups and its history.
    /// </summary>
    /// <param name="cancellationToken">Ends it, also while a page is waited for.</param>
    /// <returns>The members' names.</returns>
    /// <exception cref="RedisMessagingConnectionException">Redis could not be asked, for this page or a later one.</exception>
    IAsyncEnumerable<string> ListMembersAsync(CancellationToken cancellationToken = default);
}
