namespace RedisMessaging.Transports;

/// <summary>A message on its way into a transport.</summary>
/// <param name="Bytes">Envelope and body.</param>
/// <param name="MessageId">Its id, which the envelope holds, too.</param>
internal readonly record struct OutgoingFrame(ReadOnlyMemory<byte> Bytes, string MessageId)
{
    /// <summary>Its publisher chose the id: a second message with it, within the topic's window, is not stored.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>How long to keep it back, from when Redis gets it and by the server's clock.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Until when to keep it back, by the server's clock.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Whether storing it takes more than appending it.</summary>
    public bool NeedsScript => IsIdempotent || Delay is not null || NotBefore is not null;
}
