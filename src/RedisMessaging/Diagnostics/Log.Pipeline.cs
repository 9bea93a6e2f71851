using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Error, "Receiving from {Topic} as {Group} failed; it is tried again")]
    public static partial void ReceiveFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(2099, LogLevel.Error, "The background loop {Loop} ended with an unexpected error")]
    public static partial void LoopEnded(ILogger logger, string loop, Exception error);

    [LoggerMessage(2001, LogLevel.Warning, "Settling {Count} messages of {Topic} as {Group} failed; it is tried again")]
    public static partial void SettleFailed(ILogger logger, string topic, string group, int count, Exception error);

    [LoggerMessage(2002, LogLevel.Warning, "Stopped with {Count} messages of {Topic} as {Group} unsettled: they are delivered again when their lease ends")]
    public static partial void SettleGivenUp(ILogger logger, string topic, string group, int count, Exception error);

    [LoggerMessage(2150, LogLevel.Warning, "Topic {Topic}: Redis refuses the verdicts on {Count} messages of {Group}, which stay held; their verdicts are sent again until Redis accepts them, and other messages do not wait")]
    public static partial void VerdictsRefused(ILogger logger, string topic, string group, int count, Exception error);

    [LoggerMessage(2151, LogLevel.Information, "Topic {Topic}: Redis accepts the verdicts of {Group} again")]
    public static partial void VerdictsCarriedOut(ILogger logger, string topic, string group);

    [LoggerMessage(2152, LogLevel.Error, "Topic {Topic}: {Count} messages that were held back can't be put where they belong, and are dead letters now (reason 'unstorable')")]
    public static partial void ScheduledUnstorable(ILogger logger, string topic, int count);

    [LoggerMessage(2153, LogLevel.Warning, "Topic {Topic}: {Count} messages were held back without a time at which they are due, and are due now: {Names}")]
    public static partial void ScheduleSwept(ILogger logger, string topic, int count, string names);

    [LoggerMessage(2154, LogLevel.Information, "Topic {Topic}: looking for messages that were held back without a time failed; what is due is moved all the same")]
    public static partial void ScheduleSweepFailed(ILogger logger, string topic, Exception error);

    [LoggerMessage(2003, LogLevel.Warning, "The leases of {Count} messages of {Topic} held by {Group} were lost: another consumer may handle them as well")]
    public static partial void LeaseLost(ILogger logger, string topic, string group, int count);

    [LoggerMessage(2004, LogLevel.Warning, "Message {MessageId} of {Topic} read by {Group} was neither settled nor extended for {Lease:0.0} s: it is delivered again")]
    public static partial void LeaseRanOut(ILogger logger, string messageId, string topic, string group, double lease);

    [LoggerMessage(2005, LogLevel.Warning, "Renewing the leases of {Count} messages of {Topic} held by {Group} failed; it is tried again")]
    public static partial void RenewFailed(ILogger logger, string topic, string group, int count, Exception error);

    [LoggerMessage(2006, LogLevel.Warning, "Handling message {MessageId} of {Topic} as {Group} failed (attempt {Attempt}); it is tried again in {Delay:0.000} s")]
    public static partial void HandlerFailed(ILogger logger, string? messageId, string topic, string group, int attempt, double delay, Exception error);

    [LoggerMessage(2008, LogLevel.Error, "Message {MessageId} of {Topic} can't be handled by {Group}: {Reason}. {Detail}")]
    public static partial void Unhandleable(ILogger logger, string messageId, string topic, string group, string reason, string detail);

    [LoggerMessage(2009, LogLevel.Information, "Topic {Topic}: consuming as {Group} over {Transport}, concurrency {Concurrency}, prefetch {Prefetch}")]
    public static partial void ConsumerStarted(ILogger logger, string topic, string group, TransportKind transport, int concurrency, int prefetch);

    [LoggerMessage(2010, LogLevel.Information, "Topic {Topic}: {Group} stopped")]
    public static partial void ConsumerStopped(ILogger logger, string topic, string group);

    [LoggerMessage(2011, LogLevel.Warning, "Topic {Topic}: {Running} handlers of {Group} still ran after {ShutdownTimeout:0.0} s; their token was cancelled")]
    public static partial void HandlersCancelled(ILogger logger, string topic, string group, int running, double shutdownTimeout);

    [LoggerMessage(2012, LogLevel.Warning, "Publishing to {Topic} in the background (TryPublish) failed; the message is lost")]
    public static partial void BackgroundPublishFailed(ILogger logger, string topic, Exception error);

    [LoggerMessage(2013, LogLevel.Information, "Topic {Topic}: configuration changed its transport from {Registered} to {Configured}, where these options set in code have no effect: {Options}")]
    public static partial void TransportOptionsIgnored(ILogger logger, string topic, TransportKind registered, TransportKind configured, string options);

    [LoggerMessage(2014, LogLevel.Warning, "Topic {Topic} is on {Transport} now, but {Count} unhandled messages are left on {Other}; they stay there (OnTransportChange = Warn)")]
    public static partial void TransportChanged(ILogger logger, string topic, TransportKind transport, long count, TransportKind other);

    [LoggerMessage(2015, LogLevel.Information, "Topic {Topic}: draining {Count} messages that are left on {Other} with the handlers of {Transport} (OnTransportChange = Drain)")]
    public static partial void DrainStarted(ILogger logger, string topic, TransportKind transport, long count, TransportKind other);

    [LoggerMessage(2016, LogLevel.Information, "Topic {Topic}: {Other} is drained and deleted")]
    public static partial void DrainEnded(ILogger logger, string topic, TransportKind other);

    [LoggerMessage(2017, LogLevel.Warning, "Topic {Topic}: draining {Other} failed; it is tried again")]
    public static partial void DrainFailed(ILogger logger, string topic, TransportKind other, Exception error);

    [LoggerMessage(2018, LogLevel.Warning, "Topic {Topic}: {Count} messages are left on {Other}, but this process has no handler for them; another process has to drain them")]
    public static partial void NothingToDrainWith(ILogger logger, string topic, long count, TransportKind other);

    [LoggerMessage(2019, LogLevel.Warning, "The configuration has settings of topic {Topic} ({Path}), which this process does not register: they have no effect here")]
    public static partial void UnknownTopicConfigured(ILogger logger, string topic, string path);

    [LoggerMessage(2020, LogLevel.Debug, "Sending {Count} messages to {Topic} failed; attempt {Attempt} follows in {Delay:0.000} s")]
    public static partial void PublishRetried(ILogger logger, int count, string topic, int attempt, double delay, Exception error);

    [LoggerMessage(2021, LogLevel.Debug, "Message {MessageId} of {Topic} was already handled by {Group} (InboxWindow); it is acked and not handled again")]
    public static partial void AlreadyHandled(ILogger logger, string messageId, string topic, string group);

    [LoggerMessage(2022, LogLevel.Warning, "Checking whether message {MessageId} of {Topic} was already handled by {Group} (InboxWindow) failed; it is tried again")]
    public static partial void InboxFailed(ILogger logger, string messageId, string topic, string group, Exception error);

    [LoggerMessage(2030, LogLevel.Information, "Topic {Topic}: group {Group} is now {State} (ITopic.PauseAsync, ResumeAsync)")]
    public static partial void ConsumerPaused(ILogger logger, string topic, string group, string state);

    [LoggerMessage(2031, LogLevel.Information, "Topic {Topic}: this Redis user has no right to read whether the topic is paused, so that pausing it has no effect on this process")]
    public static partial void PausingDenied(ILogger logger, string topic, Exception error);

    [LoggerMessage(2032, LogLevel.Warning, "Topic {Topic}: checking whether it is paused failed; its state stays as it was, and it is tried again")]
    public static partial void PauseLookFailed(ILogger logger, string topic, Exception error);

    [LoggerMessage(2033, LogLevel.Warning, "Handling request {MessageId} of {Topic} as {Group} failed (attempt {Attempt}); the requester gets the failure, and the request is not tried again")]
    public static partial void RequestFailed(ILogger logger, string messageId, string topic, string group, int attempt, Exception error);

    [LoggerMessage(2034, LogLevel.Error, "The reply to request {MessageId} of {Topic}, handled by {Group}, can't be written; the requester gets a failure instead")]
    public static partial void ReplyUnwritable(ILogger logger, string messageId, string topic, string group, Exception error);

    [LoggerMessage(2035, LogLevel.Warning, "Writing the reply to request {MessageId} of {Topic}, handled by {Group}, failed; it is tried again")]
    public static partial void ReplyFailed(ILogger logger, string messageId, string topic, string group, Exception error);

    [LoggerMessage(2036, LogLevel.Error, "The reply to request {MessageId} of {Topic}, handled by {Group}, is lost. {Advice}")]
    public static partial void ReplyLost(ILogger logger, string messageId, string topic, string group, string advice, Exception error);

    [LoggerMessage(2037, LogLevel.Warning, "Reading the replies to this process's requests failed; it is tried again")]
    public static partial void RepliesFault(ILogger logger, Exception error);

    [LoggerMessage(2040, LogLevel.Warning, "Topic {Topic}: {Count} dead letters were dropped, the oldest first: it keeps {Limit} (DeadLetterLimit), for {MaxAge} (DeadLetterMaxAge)")]
    public static partial void DeadLettersTrimmed(ILogger logger, string topic, long count, int limit, TimeSpan? maxAge);

    [LoggerMessage(2050, LogLevel.Warning, "Topic {Topic}: moving due messages failed; it is tried again")]
    public static partial void ScheduleFault(ILogger logger, string topic, Exception error);

    [LoggerMessage(2051, LogLevel.Information, "Topic {Topic}: due messages are moved again")]
    public static partial void ScheduleWorksAgain(ILogger logger, string topic);

    [LoggerMessage(2052, LogLevel.Information, "Topic {Topic}: this Redis user has no right to move due messages; the processes that consume the topic do it")]
    public static partial void ScheduleLeftToConsumers(ILogger logger, string topic, Exception error);
}
