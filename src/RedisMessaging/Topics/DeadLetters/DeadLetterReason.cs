namespace RedisMessaging.Topics.DeadLetters;

/// <summary>The reasons the library itself gives for a dead letter, as they are written to Redis.</summary>
internal static class DeadLetterReason
{
    /// <summary>The body did not deserialize.</summary>
    public const string Undecodable = "undecodable";

    /// <summary>The envelope names a type the topic does not carry.</summary>
    public const string UnknownType = "unknown-type";

    /// <summary>Not written by this library: there is no envelope.</summary>
    public const string Foreign = "foreign";

    /// <summary>The envelope's version is newer than this library.</summary>
    public const string NewerEnvelope = "newer-envelope";

    /// <summary>Its handler failed with it as often as its retry policy allows.</summary>
    public const string MaxAttempts = "max-attempts";

    /// <summary>Its handler failed with an exception that its retry policy never retries.</summary>
    public const string NotRetryable = "not-retryable";

    /// <summary>Its publisher's TimeToLive was over before it could be handled.</summary>
    public const string Expired = "expired";

    /// <summary>
    /// It was trimmed or deleted from its stream while it was pending: its bytes are gone, and only its position is known.
    /// </summary>
    public const string Trimmed = "trimmed";

    /// <summary>
    /// It was held back, and can't be put where it belongs: too many fields for an entry, or bytes that this library did not write.
    /// </summary>
    public const string Unstorable = "unstorable";

    /// <summary>The reason as a metric's tag: a handler's own words could be any number of different ones.</summary>
    public static string Tag(string reason) =>
        reason is Undecodable or UnknownType or Foreign or NewerEnvelope or MaxAttempts or NotRetryable or Expired or Trimmed or Unstorable
            ? reason
            : "other";
}
