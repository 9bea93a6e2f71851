namespace RedisMessaging;

/// <summary>Who listens to a Pub/Sub topic at the moment, on all servers that this process is connected to.</summary>
/// <param name="Channels">
/// For each channel its subscribers (<c>PUBSUB NUMSUB</c>, sharded <c>PUBSUB SHARDNUMSUB</c>): of a topic the one channel, by the topic's
/// name, with 0 when nobody subscribes to it; of a pattern every channel it matches that somebody subscribes to by its own name (<c>PUBSUB
/// CHANNELS</c>). Those who subscribe to a pattern are not among them: Redis does not count them. Processes of this library count once for
/// each channel, however many handlers they have on it.
/// </param>
/// <param name="Patterns">
/// How many different patterns are subscribed to on the whole server, by anybody and whatever they match (<c>PUBSUB NUMPAT</c>): Redis
/// tells no more of them. In a cluster the sum over the nodes, where the same pattern counts once for each. <see langword="null"/> on a
/// sharded topic, which patterns do not reach.
/// </param>
public sealed record SubscriberCounts(IReadOnlyDictionary<string, long> Channels, long? Patterns)
{
    /// <summary>The subscribers of all <see cref="Channels"/> together.</summary>
    public long Total => Channels.Values.Sum();
}
