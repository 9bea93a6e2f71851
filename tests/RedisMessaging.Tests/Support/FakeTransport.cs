using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Topics;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Topics.Trimming;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Support;

/// <summary>A transport without Redis that only sends: answers each attempt as a test says, and writes down what was sent.</summary>
internal sealed class FakeTransport(Func<int, OutgoingFrame, SendResult> answer) : ITransport
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _messages;

    /// <summary>The message ids of each attempt, in order.</summary>
    public List<string[]> Attempts { get; } = [];

    /// <summary>How many messages were sent, one that was sent twice counted twice.</summary>
    public int Messages => Volatile.Read(ref _messages);

    /// <summary>Nothing is answered until <see cref="Release"/>.</summary>
    public bool Holds { get; init; }

    public TransportCapabilities Capabilities => throw new NotSupportedException();

    public IConsumerGroups? Groups => null;

    public IHistorySource? History => null;

    public ITrimming? Trimming => null;

    public ScheduleKeys? Schedule => null;

    public ISubscriberSource? Subscribers => null;

    public ValueTask SendAsync(string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int attempt;
        lock (Attempts)
        {
            Attempts.Add(Array.ConvertAll(frames.ToArray(), frame => frame.MessageId));
            attempt = Attempts.Count;
        }

        Interlocked.Add(ref _messages, frames.Length);
        for (var i = 0; i < frames.Length; i++)
        {
            results.Span[i] = answer(attempt, frames.Span[i]);
        }

        return Holds ? new ValueTask(_released.Task) : ValueTask.CompletedTask;
    }

    public void Release() => _released.TrySetResult();

    public ValueTask CheckAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReceiver> OpenAsync(ReceiverOptions subscription, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<DueMove> MoveDueAsync(IReadOnlyCollection<ReceiverOptions> consumers, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<long> CountUnhandledAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> RedriveAsync(DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
