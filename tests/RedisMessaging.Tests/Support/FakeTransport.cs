using RedisMessaging.Transports;

namespace RedisMessaging.Tests.Support;

/// <summary>A transport without Redis that only sends: answers each attempt as a test says, and writes down what was sent.</summary>
internal sealed class FakeTransport(Func<int, OutgoingFrame, SendResult> answer) : ITransport
{
    /// <summary>The message ids of each attempt, in order.</summary>
    public List<string[]> Attempts { get; } = [];

    public TransportCapabilities Capabilities => throw new NotSupportedException();

    public IConsumerGroups? Groups => null;

    public IHistorySource? History => null;

    public ITrimming? Trimming => null;

    public ScheduleKeys? Schedule => null;

    public ISubscriberSource? Subscribers => null;

    public ValueTask SendAsync(string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Attempts.Add(Array.ConvertAll(frames.ToArray(), frame => frame.MessageId));
        for (var i = 0; i < frames.Length; i++)
        {
            results.Span[i] = answer(Attempts.Count, frames.Span[i]);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask CheckAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReceiver> OpenAsync(Subscription subscription, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<DueMove> MoveDueAsync(IReadOnlyCollection<Subscription> consumers, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<long> CountUnhandledAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> RedriveAsync(DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
