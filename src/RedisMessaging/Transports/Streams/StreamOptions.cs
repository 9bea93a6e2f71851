namespace RedisMessaging;

/// <summary>A topic on a Redis stream.</summary>
public sealed class StreamOptions : TopicOptions
{
    /// <summary>
    /// How long a message stays with a consumer that says nothing, before another of its group takes it over (<c>XAUTOCLAIM</c>'s min-idle-time). Renewed
    /// by itself while a message is prefetched or handled. Default 30 s; at least 1 s.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Trims the stream to about so many entries on every publish (<c>XADD … MAXLEN ~ n</c>). Default: never trimmed. Trimming takes entries that nobody has
    /// handled, too: choose it well above the largest backlog.
    /// </summary>
    public long? MaxLength { get; set; }

    /// <inheritdoc cref="TopicOptions.Carries{T}(string?, string[])"/>
    public new StreamOptions Carries<T>(string? name = null, params string[] aliases)
    {
        base.Carries<T>(name, aliases);
        return this;
    }
}
