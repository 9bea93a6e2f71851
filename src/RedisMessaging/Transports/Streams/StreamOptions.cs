namespace RedisMessaging;

/// <summary>A topic on a Redis stream.</summary>
public sealed class StreamOptions : TopicOptions
{
    /// <summary>
    /// How long a message stays with a consumer that says nothing, before another of its group takes it over (the min-idle-time of
    /// <c>XREADGROUP … CLAIM</c>, or of <c>XAUTOCLAIM</c> where the server does not know that). Renewed by itself while a message is prefetched or handled. Default 30 s; at least 1 s.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long entries are kept. Default: about 1,000,000 of them, and whatever some group has yet to handle. <see cref="Retention.Forever"/> keeps everything.</summary>
    public Retention Retention { get; set; } = new();

    /// <summary>
    /// Makes the stream a queue: an entry is deleted in one step with its ack, with its move to the dead letters, and with its move to where it waits for another attempt.
    /// Default <see langword="false"/>. With several groups it is deleted once each of them has done one of these; that takes <c>XACKDEL</c> (Redis 8.2) and the right to it. Without it the topic
    /// can have one group, and another is refused. A group that is created later finds what is left. <see cref="ConsumerOptions.Broadcast"/>, <see cref="PublishOptions.ExpectedVersion"/> and
    /// <see cref="PublishOptions.Position"/> are refused: there is no history.
    /// </summary>
    public bool DeleteOnAck { get; set; }

    /// <inheritdoc cref="TopicOptions.Carries{T}(string?, string[])"/>
    public new StreamOptions Carries<T>(string? name = null, params string[] aliases)
    {
        base.Carries<T>(name, aliases);
        return this;
    }

    internal override TimeSpan? GetLease() => Lease;

    internal override void SetLease(TimeSpan lease) => Lease = lease;
}
