namespace RedisMessaging;

/// <summary>The way a topic's messages travel through Redis.</summary>
/// <remarks>A topic changes its transport by this one word, in code or in configuration (<c>Topics:{name}:Transport</c>).</remarks>
public enum TransportKind
{
    /// <summary>
    /// Redis Pub/Sub (<c>PUBLISH</c>, <c>SUBSCRIBE</c>, <c>PSUBSCRIBE</c>): to every live subscriber, at most once,
    /// nothing is kept.
    /// </summary>
    PubSub,

    /// <summary>
    /// A Redis list (<c>LPUSH</c>, <c>BLMOVE</c>, a claim script): at least once, to one of the competing consumers, kept until acked.
    /// </summary>
    Queue,

    /// <summary>
    /// A Redis stream (<c>XADD</c>, <c>XREADGROUP</c>, <c>XACK</c>): at least once, to one consumer of every group,
    /// kept until trimmed.
    /// </summary>
    Stream,
}
