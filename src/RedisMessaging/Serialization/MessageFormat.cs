namespace RedisMessaging;

/// <summary>What a topic's messages look like in Redis.</summary>
public enum MessageFormat
{
    /// <summary>
    /// A header of the library's own, a newline, and the body: what <c>docs/envelope.md</c> describes. A message carries an id, a type,
    /// headers and more.
    /// </summary>
    Envelope,

    /// <summary>
    /// What programs write that know nothing of this library. Pub/Sub and queue: the value is the body. Stream: an entry's fields are the
    /// message's properties (<c>XADD payments * user_id 1 amount 10</c>). A message carries nothing but itself.
    /// </summary>
    Raw,
}
