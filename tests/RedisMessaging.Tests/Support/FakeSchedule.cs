using System.Collections.Concurrent;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Topics;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Topics.Trimming;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Tests.Support;

/// <summary>A transport of which nothing but its schedule is there.</summary>
internal sealed class FakeSchedule : ITransport
{
    private int _looks;

    /// <summary>How often it was asked to move what is due.</summary>
    public int Looks => Volatile.Read(ref _looks);

    /// <summary>What it answers, one after the other; then nothing is scheduled. An exception is thrown.</summary>
    public ConcurrentQueue<object> Answers { get; } = new();

    public IConsumerGroups? Groups => null;

    public ITrimming? Trimming => null;

    public IHistorySource? History => null;

    public TransportCapabilities Capabilities => throw new NotSupportedException();

    public ISubscriberSource? Subscribers => null;

    public ScheduleKeys Schedule { get; } = new(new TopicKeys("", "topic"), "queue");

    public ValueTask<DueMove> MoveDueAsync(IReadOnlyCollection<RedisMessaging.Transports.Contracts.ReceiverOptions> consumers, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _looks);
        return Answers.TryDequeue(out var answer) && answer is Exception error ? throw error : ValueTask.FromResult(answer as DueMove? ?? default);
    }

    public ValueTask SendAsync(string address, ReadOnlyMemory<OutgoingFrame> frames, Memory<SendResult> results, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask CheckAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReceiver> OpenAsync(RedisMessaging.Transports.Contracts.ReceiverOptions subscription, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<long> CountUnhandledAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> RedriveAsync(DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
