using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Trimming;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Scheduling;

/// <summary>
/// A transport with a schedule, and the mover that looks after it in this process: tells it what is scheduled and who consumes.
/// </summary>
internal sealed class ScheduledTransport(ITransport inner, ScheduleMover mover) : ITransport
{
    public TransportCapabilities Capabilities => inner.Capabilities;

    public IConsumerGroups? Groups => inner.Groups;

    public IHistorySource? History => inner.History;

    public ITrimming? Trimming => inner.Trimming;

    public ISubscriberSource? Subscribers => inner.Subscribers;

    public ScheduleKeys? Schedule => inner.Schedule;

    public ValueTask SendAsync(
        string address,
        ReadOnlyMemory<OutgoingFrame> frames,
        Memory<SendResult> results,
        CancellationToken cancellationToken) => SendScript.IsNeededFor(frames.Span)
        ? SendMaybeLaterAsync(address, frames, results, cancellationToken)
        : inner.SendAsync(address, frames, results, cancellationToken);

    public ValueTask CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

    public async ValueTask<IReceiver> OpenAsync(ReceiverOptions subscription, CancellationToken cancellationToken)
    {
        var receiver = await inner.OpenAsync(subscription, cancellationToken).ConfigureAwait(false);
        mover.Open(subscription);
        return new ScheduledReceiver(receiver, subscription, mover);
    }

    public ValueTask<DueMove> MoveDueAsync(IReadOnlyCollection<ReceiverOptions> consumers, CancellationToken cancellationToken) =>
        inner.MoveDueAsync(consumers, cancellationToken);

    public ValueTask<long> CountUnhandledAsync(CancellationToken cancellationToken) => inner.CountUnhandledAsync(cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken) =>
        inner.ListGroupsAsync(cancellationToken);

    public ValueTask<bool> RedriveAsync(DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) =>
        inner.RedriveAsync(letter, frame, cancellationToken);

    public ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken) => inner.DeleteDrainedAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await mover.DisposeAsync().ConfigureAwait(false);
        await inner.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask SendMaybeLaterAsync(
        string address,
        ReadOnlyMemory<OutgoingFrame> frames,
        Memory<SendResult> results,
        CancellationToken cancellationToken)
    {
        await inner.SendAsync(address, frames, results, cancellationToken).ConfigureAwait(false);
        TimeSpan? earliest = null;
        foreach (ref readonly var result in results.Span[..frames.Length])
        {
            // A failed send may have been stored: check the schedule at once.
            var dueIn = result.Error is null ? result.DueIn : TimeSpan.Zero;
            if (dueIn is not null && !(earliest <= dueIn))
            {
                earliest = dueIn;
            }
        }

        if (earliest is { } due)
        {
            mover.Expect(due);
        }
    }
}
