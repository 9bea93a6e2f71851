namespace RedisMessaging.Consuming.Reading;

/// <summary>What a <see cref="ReceivedMessage{T}"/> asks of the consumer that fetched it.</summary>
internal interface ISettle
{
    ValueTask<bool> AckAsync(CancellationToken cancellationToken);

    ValueTask<bool> NackAsync(TimeSpan delay, CancellationToken cancellationToken);

    ValueTask<bool> ExtendAsync(CancellationToken cancellationToken);

    ValueTask<bool> DeadLetterAsync(string reason, CancellationToken cancellationToken);
}
