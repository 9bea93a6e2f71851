using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RedisMessaging.Diagnostics;

/// <summary>The library's counters. Free when nobody listens.</summary>
internal sealed class Instruments : IDisposable
{
    private readonly Meter _meter = new(RedisMessagingTelemetry.MeterName);
    private readonly ConcurrentDictionary<ObservedBuffer, bool> _buffers = new();

    public Instruments()
    {
        Published = _meter.CreateCounter<long>("redismessaging.messages.published", "{message}", "Messages stored or sent.");
        Duplicates = _meter.CreateCounter<long>("redismessaging.messages.duplicates", "{message}", "Messages not stored, because one with their id was stored within the topic's window.");
        PublishRetries = _meter.CreateCounter<long>("redismessaging.publish.retries", "{message}", "Messages sent again after a failure that passes.");
        PublishFailed = _meter.CreateCounter<long>("redismessaging.messages.publish_failed", "{message}", "Messages refused, or with an unknown outcome.");
        VersionConflicts = _meter.CreateCounter<long>("redismessaging.publish.conflicts", "{message}", "Messages not stored, because the topic had another version than the one they expected.");
        Handled = _meter.CreateCounter<long>("redismessaging.messages.handled", "{message}", "Messages whose handler succeeded.");
        AlreadyHandled = _meter.CreateCounter<long>("redismessaging.messages.already_handled", "{message}", "Messages acked and not handled, because their ack is on record.");
        Failed = _meter.CreateCounter<long>("redismessaging.messages.failed", "{message}", "Handler runs that failed.");
        Ignored = _meter.CreateCounter<long>("redismessaging.messages.ignored", "{message}", "Messages acked unhandled: a type this consumer has no handler for.");
        Redelivered = _meter.CreateCounter<long>("redismessaging.messages.redelivered", "{message}", "Messages that came back without a verdict from their consumer.");
        DeadLettered = _meter.CreateCounter<long>("redismessaging.messages.dead_lettered", "{message}", "Messages kept aside with a reason.");
        DeadLettersTrimmed = _meter.CreateCounter<long>("redismessaging.dead_letters.trimmed", "{message}", "Dead letters dropped because of DeadLetterLimit or DeadLetterMaxAge.");
        Expired = _meter.CreateCounter<long>("redismessaging.messages.expired", "{message}", "Messages past their TimeToLive, which no handler got.");
        Moved = _meter.CreateCounter<long>("redismessaging.schedule.moved", "{message}", "Messages given to consumers when they were due: scheduled ones, and those that waited for another attempt.");
        ScheduleFaults = _meter.CreateCounter<long>("redismessaging.schedule.faults", "{fault}", "Faults that moving what is due survived.");
        Dropped = _meter.CreateCounter<long>("redismessaging.messages.dropped", "{message}", "Messages a transport without acks dropped: full buffers, messages that can't be handled.");
        LeasesLost = _meter.CreateCounter<long>("redismessaging.leases.lost", "{message}", "Messages whose lease was lost while they were held.");
        LostByTrim = _meter.CreateCounter<long>("redismessaging.messages.trimmed_unhandled", "{message}", "Stream entries trimmed or deleted while they were pending.");
        RetentionTrimmed = _meter.CreateCounter<long>("redismessaging.retention.trimmed", "{message}", "Stream entries removed by retention.");
        RetentionTrimmedUnread = _meter.CreateCounter<long>("redismessaging.retention.trimmed_unread", "{message}", "Stream entries removed that a group had not read or had pending: by Force, or because the group is abandoned.");
        AbandonedGroups = _meter.CreateCounter<long>("redismessaging.retention.abandoned_groups", "{group}", "Groups announced as abandoned: nobody consumed for AbandonedAfter.");
        GroupLost = _meter.CreateCounter<long>("redismessaging.messages.group_lost", "{message}", "Messages that Redis forgot while they were in hand: their consumer group or their keys were deleted, or they were trimmed.");
        Gaps = _meter.CreateCounter<long>("redismessaging.subscription.gaps", "{gap}", "Times in which a Pub/Sub subscription may have missed messages.");
        Requests = _meter.CreateCounter<long>("redismessaging.requests.sent", "{request}", "Requests published.");
        RepliesReceived = _meter.CreateCounter<long>("redismessaging.requests.replied", "{request}", "Requests whose reply came, a failure or not.");
        RequestTimeouts = _meter.CreateCounter<long>("redismessaging.requests.timeouts", "{request}", "Requests whose reply did not come in time.");
        RepliesSent = _meter.CreateCounter<long>("redismessaging.replies.sent", "{reply}", "Replies written for their asker.");
        RepliesLost = _meter.CreateCounter<long>("redismessaging.replies.lost", "{reply}", "Replies that could not be written: refused, or Redis was away until the request's time was over.");
        RepliesIgnored = _meter.CreateCounter<long>("redismessaging.replies.ignored", "{reply}", "Replies that came too late, or were not the first.");
        Buffered = _meter.CreateObservableGauge(
            "redismessaging.subscription.buffered",
            () => _buffers.Keys.Select(buffer => buffer.Measure()),
            "{message}",
            "Messages that Redis has pushed to a Pub/Sub subscription and its handlers have not taken yet.");
        ReceiveFaults = _meter.CreateCounter<long>("redismessaging.receive.faults", "{fault}", "Faults a receive loop survived.");
    }

    public Counter<long> Published { get; }

    public Counter<long> Duplicates { get; }

    public Counter<long> PublishRetries { get; }

    public Counter<long> PublishFailed { get; }

    public Counter<long> VersionConflicts { get; }

    public Counter<long> Handled { get; }

    public Counter<long> AlreadyHandled { get; }

    public Counter<long> Failed { get; }

    public Counter<long> Ignored { get; }

    public Counter<long> Redelivered { get; }

    public Counter<long> DeadLettered { get; }

    public Counter<long> DeadLettersTrimmed { get; }

    public Counter<long> Expired { get; }

    public Counter<long> Moved { get; }

    public Counter<long> ScheduleFaults { get; }

    public Counter<long> Dropped { get; }

    public Counter<long> LeasesLost { get; }

    public Counter<long> LostByTrim { get; }

    public Counter<long> RetentionTrimmed { get; }

    public Counter<long> RetentionTrimmedUnread { get; }

    public Counter<long> AbandonedGroups { get; }

    public Counter<long> GroupLost { get; }

    public Counter<long> Gaps { get; }

    public Counter<long> Requests { get; }

    public Counter<long> RepliesReceived { get; }

    public Counter<long> RequestTimeouts { get; }

    public Counter<long> RepliesSent { get; }

    public Counter<long> RepliesLost { get; }

    public Counter<long> RepliesIgnored { get; }

    public Counter<long> ReceiveFaults { get; }

    public ObservableGauge<int> Buffered { get; }

    /// <summary>The tags of everything that is counted for a topic.</summary>
    public static TagList Topic(string topic) => new() { { "messaging.destination.name", topic } };

    /// <summary>The tags of everything that is counted for a consumer.</summary>
    public static TagList Consumer(string topic, string group) => new() { { "messaging.destination.name", topic }, { "messaging.consumer.group.name", group } };

    /// <inheritdoc cref="Consumer(string, string)"/>
    public static TagList Consumer(string topic, string group, string reason) => new() { { "messaging.destination.name", topic }, { "messaging.consumer.group.name", group }, { "reason", reason } };

    /// <summary>Tells how full a buffer is, to whoever asks, until it is disposed.</summary>
    public IDisposable ObserveBuffer(Func<int> count, TagList tags)
    {
        var buffer = new ObservedBuffer(count, tags, gone => _buffers.TryRemove(gone, out _));
        _buffers[buffer] = true;
        return buffer;
    }

    public void Dispose() => _meter.Dispose();
}
