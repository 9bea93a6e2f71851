using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Streams.Reading;

namespace RedisMessaging.Diagnostics;

/// <summary>The library's counters. Free when nobody listens.</summary>
internal sealed class Instruments : IDisposable
{
    /// <summary>The tag that has the name of the bus.</summary>
    public const string BusTag = "redis_messaging.bus";

    private readonly Meter _meter = new(RedisMessagingTelemetry.MeterName);
    private readonly ConcurrentDictionary<ObservedBuffer, bool> _buffers = new();

    private readonly ILogger _logger;
    private readonly string? _bus;
    private int _hasFailed;

    /// <param name="logger">Gets the first exception of a listener.</param>
    /// <param name="bus">The name of the bus, a tag of everything that is counted; none without a name.</param>
    public Instruments(ILogger? logger = null, string? bus = null)
    {
        _bus = bus;
        _logger = logger ?? NullLogger.Instance;
        Published = Counter("redismessaging.messages.published", "{message}", "Messages stored or sent.");
        Duplicates = Counter(
            "redismessaging.messages.duplicates",
            "{message}",
            "Messages not stored, because one with their id was stored within the topic's window.");
        PublishRetries = Counter("redismessaging.publish.retries", "{message}", "Messages sent again after a failure that passes.");
        PublishFailed = Counter("redismessaging.messages.publish_failed", "{message}", "Messages refused, or with an unknown outcome.");
        VersionConflicts = Counter(
            "redismessaging.publish.conflicts",
            "{message}",
            "Messages not stored, because the topic had another version than the one they expected.");
        Handled = Counter("redismessaging.messages.handled", "{message}", "Messages whose handler succeeded.");
        AlreadyHandled = Counter(
            "redismessaging.messages.already_handled",
            "{message}",
            "Messages acked and not handled, because their ack is on record.");
        Failed = Counter("redismessaging.messages.failed", "{message}", "Handler runs that failed.");
        PausedOnFailures = Counter(
            "redismessaging.consumers.paused_on_failures",
            "{pause}",
            "Pauses of consumers whose handlers failed with what PauseOn names.");
        Ignored = Counter(
            "redismessaging.messages.ignored",
            "{message}",
            "Messages acked unhandled: a type this consumer has no handler for.");
        Redelivered = Counter(
            "redismessaging.messages.redelivered",
            "{message}",
            "Messages that came back without a verdict from their consumer.");
        DeadLettered = Counter("redismessaging.messages.dead_lettered", "{message}", "Messages dead-lettered, by reason.");
        DeadLettersTrimmed = Counter(
            "redismessaging.dead_letters.trimmed",
            "{message}",
            "Dead letters dropped because of DeadLetterLimit or DeadLetterMaxAge.");
        Expired = Counter("redismessaging.messages.expired", "{message}", "Messages past their TimeToLive, which no handler got.");
        Moved = Counter(
            "redismessaging.schedule.moved",
            "{message}",
            "Messages given to consumers when they were due: scheduled ones, and those that waited for another attempt.");
        ScheduleFaults = Counter("redismessaging.schedule.faults", "{fault}", "Faults that moving what is due survived.");
        Dropped = Counter(
            "redismessaging.messages.dropped",
            "{message}",
            "Messages a transport without acks dropped: full buffers, messages that can't be handled.");
        LeasesLost = Counter("redismessaging.leases.lost", "{message}", "Messages whose lease was lost while they were held.");
        LostByTrim = Counter(
            "redismessaging.messages.trimmed_unhandled",
            "{message}",
            "Stream entries trimmed or deleted while they were pending.");
        RetentionTrimmed = Counter("redismessaging.retention.trimmed", "{message}", "Stream entries removed by retention.");
        RetentionTrimmedUnread = Counter(
            "redismessaging.retention.trimmed_unread",
            "{message}",
            "Stream entries removed that a group had not read or had pending: by Force, or because the group is abandoned.");
        AbandonedGroups = Counter(
            "redismessaging.retention.abandoned_groups",
            "{group}",
            "Groups reported as abandoned: no consumer for AbandonedAfter.");
        GroupLost = Counter(
            "redismessaging.messages.group_lost",
            "{message}",
            "Messages that Redis forgot while they were in hand: their consumer group or their keys were deleted, or they were trimmed.");
        Gaps = Counter("redismessaging.subscription.gaps", "{gap}", "Times in which a Pub/Sub subscription may have missed messages.");
        Requests = Counter("redismessaging.requests.sent", "{request}", "Requests published.");
        RepliesReceived = Counter("redismessaging.requests.replied", "{request}", "Requests whose reply came, a failure or not.");
        RequestTimeouts = Counter("redismessaging.requests.timeouts", "{request}", "Requests whose reply did not come in time.");
        RepliesSent = Counter("redismessaging.replies.sent", "{reply}", "Replies written for their asker.");
        RepliesLost = Counter(
            "redismessaging.replies.lost",
            "{reply}",
            "Replies that could not be written: refused, or Redis was away until the request's time was over.");
        RepliesIgnored = Counter("redismessaging.replies.ignored", "{reply}", "Replies that came too late, or were not the first.");
        Buffered = Publish(() => _meter.CreateObservableGauge(
            "redismessaging.subscription.buffered",
            () => _buffers.Keys.Select(buffer => buffer.Measure()),
            "{message}",
            "Messages that Redis has pushed to a Pub/Sub subscription and its handlers have not taken yet."));
        ReceiveFaults = Counter("redismessaging.receive.faults", "{fault}", "Faults a receive loop survived.");
    }

    public GuardedCounter Published { get; }

    public GuardedCounter Duplicates { get; }

    public GuardedCounter PublishRetries { get; }

    public GuardedCounter PublishFailed { get; }

    public GuardedCounter VersionConflicts { get; }

    public GuardedCounter Handled { get; }

    public GuardedCounter AlreadyHandled { get; }

    public GuardedCounter Failed { get; }

    public GuardedCounter PausedOnFailures { get; }

    public GuardedCounter Ignored { get; }

    public GuardedCounter Redelivered { get; }

    public GuardedCounter DeadLettered { get; }

    public GuardedCounter DeadLettersTrimmed { get; }

    public GuardedCounter Expired { get; }

    public GuardedCounter Moved { get; }

    public GuardedCounter ScheduleFaults { get; }

    public GuardedCounter Dropped { get; }

    public GuardedCounter LeasesLost { get; }

    public GuardedCounter LostByTrim { get; }

    public GuardedCounter RetentionTrimmed { get; }

    public GuardedCounter RetentionTrimmedUnread { get; }

    public GuardedCounter AbandonedGroups { get; }

    public GuardedCounter GroupLost { get; }

    public GuardedCounter Gaps { get; }

    public GuardedCounter Requests { get; }

    public GuardedCounter RepliesReceived { get; }

    public GuardedCounter RequestTimeouts { get; }

    public GuardedCounter RepliesSent { get; }

    public GuardedCounter RepliesLost { get; }

    public GuardedCounter RepliesIgnored { get; }

    public GuardedCounter ReceiveFaults { get; }

    /// <summary><see langword="null"/> where a listener threw when it was published.</summary>
    public ObservableGauge<int>? Buffered { get; }

    /// <summary>The tags of everything that is counted for a topic.</summary>
    public static TagList Topic(string topic) => new() { { "messaging.destination.name", topic } };

    /// <summary>The tags of everything that is counted for a consumer.</summary>
    public static TagList Consumer(string topic, string group) =>
        new() { { "messaging.destination.name", topic }, { "messaging.consumer.group.name", group } };

    /// <inheritdoc cref="Consumer(string, string)"/>
    public static TagList Consumer(string topic, string group, string reason) =>
        new() { { "messaging.destination.name", topic }, { "messaging.consumer.group.name", group }, { "reason", reason } };

    /// <summary>Tells how full a buffer is, to whoever asks, until it is disposed.</summary>
    public IDisposable ObserveBuffer(Func<int> count, TagList tags)
    {
        if (_bus is not null)
        {
            tags.Add(BusTag, _bus);
        }

        var buffer = new ObservedBuffer(count, tags, gone => _buffers.TryRemove(gone, out _));
        _buffers[buffer] = true;
        return buffer;
    }

    public void Dispose()
    {
        try
        {
            _meter.Dispose();
        }
        catch (Exception error)
        {
            NoteFailure(error);
        }
    }

    private GuardedCounter Counter(string name, string unit, string description) =>
        new(Publish(() => _meter.CreateCounter<long>(name, unit, description)), NoteFailure, _bus);

    /// <summary>Listeners are called when an instrument is made.</summary>
    private T? Publish<T>(Func<T> create)
        where T : Instrument
    {
        try
        {
            return create();
        }
        catch (Exception error)
        {
            NoteFailure(error);
            return null;
        }
    }

    /// <summary>Once: a listener that throws does so for every message.</summary>
    private void NoteFailure(Exception error)
    {
        if (Interlocked.Exchange(ref _hasFailed, 1) == 0)
        {
            Log.MeterListenerFailed(_logger, error);
        }
    }
}
