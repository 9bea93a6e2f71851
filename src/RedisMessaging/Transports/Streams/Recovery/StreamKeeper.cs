namespace RedisMessaging.Transports.Streams.Recovery;

/// <summary>Keeps the lease of what a consumer was given and has not received yet.</summary>
internal static class StreamKeeper
{
    /// <summary>Renews all that is pending for the consumer and was not renewed for a third of a lease.</summary>
    public static Task KeepAsync(StreamConsumer consumer) => StreamCalls.RenewPending(
        consumer.Stream,
        consumer.Retry,
        consumer.Group,
        consumer.Name,
        minIdle: (long)(consumer.Lease / 3).TotalMilliseconds).RunAsync(consumer.Context.Connections.Database);
}
