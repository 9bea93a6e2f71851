using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Topics.History;
using RedisMessaging.Topics.Scheduling;
using RedisMessaging.Topics.Trimming;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Families;

/// <summary>A family whose channels the server matches by a glob, which matches more than the family's parameters do.</summary>
internal sealed class PatternTransport(ITransport inner, TopicDefinition family, Instruments instruments) : ITransport
{
    public TransportCapabilities Capabilities => inner.Capabilities;

    public IHistorySource? History => inner.History;

    public ITrimming? Trimming => inner.Trimming;

    public ISubscriberSource? Subscribers => inner.Subscribers;

    public IConsumerGroups? Groups => inner.Groups;

    public ScheduleKeys? Schedule => inner.Schedule;

    public string ChannelsOf(string address) => inner.ChannelsOf(address);

    public ValueTask SendAsync(
        string address,
        ReadOnlyMemory<OutgoingFrame> frames,
        Memory<SendResult> results,
        CancellationToken cancellationToken) =>
        inner.SendAsync(address, frames, results, cancellationToken);

    public ValueTask CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

    public async ValueTask<IReceiver> OpenAsync(ReceiverOptions subscription, CancellationToken cancellationToken)
    {
        var receiver = await inner.OpenAsync(subscription, cancellationToken).ConfigureAwait(false);
        return subscription.Address == family.Address ? new PatternReceiver(receiver, family, subscription.Group, instruments) : receiver;
    }

    public ValueTask<DueMove> MoveDueAsync(IReadOnlyCollection<ReceiverOptions> consumers, CancellationToken cancellationToken) =>
        inner.MoveDueAsync(consumers, cancellationToken);

    public ValueTask<long> CountUnhandledAsync(CancellationToken cancellationToken) => inner.CountUnhandledAsync(cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken) =>
        inner.ListGroupsAsync(cancellationToken);

    public ValueTask<bool> RedriveAsync(DeadLetter letter, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) =>
        inner.RedriveAsync(letter, frame, cancellationToken);

    public ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken) => inner.DeleteDrainedAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
