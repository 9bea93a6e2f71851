namespace RedisMessaging.Transports.Streams;

internal sealed class StreamTransport(TransportContext context, TransportCapabilities capabilities) : ITransport
{
    public TransportCapabilities Capabilities => capabilities;

    public ValueTask SendAsync(string address, ReadOnlyMemory<ReadOnlyMemory<byte>> frames, Memory<SendResult> results, CancellationToken cancellationToken) => throw new NotImplementedException(context.Topic);

    public ValueTask<IReceiver> OpenAsync(Subscription subscription, CancellationToken cancellationToken) => throw new NotImplementedException();

    public ValueTask<long> CountUnhandledAsync(CancellationToken cancellationToken) => ValueTask.FromResult(0L);

    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    public ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
