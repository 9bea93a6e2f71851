namespace RedisMessaging.Transports;

/// <summary>What became of one frame: a StackExchange.Redis exception, or what the transport knows of the stored message.</summary>
internal readonly record struct SendResult(long? Receivers = null, string? Position = null, bool Duplicate = false, Exception? Error = null)
{
    /// <summary>Not due yet: how long from now, by the server's clock.</summary>
    public TimeSpan? DueIn { get; init; }
}
