using RedisMessaging.Configuration.Topics;

namespace RedisMessaging.Publishing.Batching;

/// <summary>Decides whether the time since a publish still allows another attempt at it.</summary>
/// <param name="window">How long after it was published another attempt at a message may begin; zero: never.</param>
internal sealed class RetryWindow(TopicDefinition topic, TimeSpan window, TimeProvider time)
{
    public TimeSpan Length => window;

    public bool IsClosed { get; private set; }

    /// <summary>The bus is disposed: there is no further attempt.</summary>
    public void Close() => IsClosed = true;

    public TimeSpan RestOf(PendingPublish entry) => window - time.GetElapsedTime(entry.JoinedAt);

    public bool HasElapsed(PendingPublish entry) => time.GetElapsedTime(entry.JoinedAt) >= window;

    /// <summary>Whether Redis still remembers the id of the first attempt when another one arrives now.</summary>
    public bool IsRemembered(PendingPublish entry) => IsRemembered(time.GetElapsedTime(entry.JoinedAt));

    /// <summary>Whether some messages of a publish are sent again after a wait.</summary>
    public bool Allows(PendingPublish entry, TimeSpan wait, out int messages)
    {
        messages = 0;
        if (IsClosed || !entry.MayRetry || entry.IsCancelled)
        {
            return false;
        }

        var elapsed = time.GetElapsedTime(entry.JoinedAt);
        var isRemembered = IsRemembered(elapsed + wait);
        for (var i = 0; i < entry.Results.Length; i++)
        {
            messages += PublishRetryRules.IsRetried(entry.Frames.Span[i], entry.Results.Span[i], isRemembered) ? 1 : 0;
        }

        if (messages > 0 && elapsed >= window)
        {
            entry.RetryWindowElapsed = true;
            return false;
        }

        return messages > 0;
    }

    /// <summary>Not with a deduplication window hardly longer than a reply takes.</summary>
    private bool IsRemembered(TimeSpan elapsed) => elapsed < topic.Options.DeduplicationWindow / 2;
}
