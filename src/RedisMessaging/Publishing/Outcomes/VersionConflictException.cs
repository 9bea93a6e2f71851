namespace RedisMessaging;

/// <summary>
/// A message was not stored because its topic has another version than <see cref="PublishOptions.ExpectedVersion"/>: somebody else was
/// quicker, or the publisher knew less than there is. Read what came meanwhile, decide anew, and publish with the version that belongs to
/// it.
/// </summary>
public sealed class VersionConflictException : PublishRefusedException
{
    internal VersionConflictException(string topic, string messageId, long? expected, long actual)
        : base(
            topic,
            messageId,
            $"it expected version {expected} of the stream, which has version {actual}. Read what came meanwhile, and decide anew.")
    {
        ExpectedVersion = expected;
        ActualVersion = actual;
    }

    /// <summary>
    /// The version that the message was to be appended to; <see langword="null"/> for one that said none and went with others that did.
    /// </summary>
    public long? ExpectedVersion { get; }

    /// <summary>The version that the stream had instead.</summary>
    public long ActualVersion { get; }
}
