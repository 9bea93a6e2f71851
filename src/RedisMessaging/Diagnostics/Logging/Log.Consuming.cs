using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    private const string Advice = "A handler must not block its thread (Thread.Sleep, Task.Wait, .Result, synchronous I/O): use await";

    [LoggerMessage(5000, LogLevel.Error, "Receiving from {Topic} as {Group} failed; it is tried again")]
    public static partial void ReceiveFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(5001, LogLevel.Warning, "Settling {Count} messages of {Topic} as {Group} failed; it is tried again")]
    public static partial void SettleFailed(ILogger logger, string topic, string group, int count, Exception error);

    [LoggerMessage(5002, LogLevel.Warning,
        "Stopped with {Count} messages of {Topic} as {Group} unsettled: they are delivered again when their lease ends")]
    public static partial void SettleGivenUp(ILogger logger, string topic, string group, int count, Exception error);

    [LoggerMessage(5003, LogLevel.Warning,
        "The leases of {Count} messages of {Topic} held by {Group} were lost: another consumer may handle them as well")]
    public static partial void LeaseLost(ILogger logger, string topic, string group, int count);

    [LoggerMessage(5004, LogLevel.Warning,
        "Message {MessageId} of {Topic} read by {Group} was neither settled nor extended for {Lease:0.0} s: it is delivered again")]
    public static partial void LeaseRanOut(ILogger logger, string messageId, string topic, string group, double lease);

    [LoggerMessage(5005, LogLevel.Warning, "Renewing the leases of {Count} messages of {Topic} held by {Group} failed; it is tried again")]
    public static partial void RenewFailed(ILogger logger, string topic, string group, int count, Exception error);

    [LoggerMessage(5006, LogLevel.Warning,
        "Handling message {MessageId} of {Topic} as {Group} failed (attempt {Attempt}); it is tried again in {Delay:0.000} s")]
    public static partial void HandlerFailed(
        ILogger logger, string? messageId, string topic, string group, int attempt, double delay, Exception error);

    [LoggerMessage(5007, LogLevel.Error, "Message {MessageId} of {Topic} can't be handled by {Group}: {Reason}. {Detail}")]
    public static partial void Unhandleable(ILogger logger, string messageId, string topic, string group, string reason, string detail);

    [LoggerMessage(5008, LogLevel.Information,
        "Topic {Topic}: consuming as {Group} over {Transport}, concurrency {Concurrency}, prefetch {Prefetch}")]
    public static partial void ConsumerStarted(
        ILogger logger, string topic, string group, TransportKind transport, int concurrency, int prefetch);

    [LoggerMessage(5009, LogLevel.Information, "Topic {Topic}: {Group} stopped")]
    public static partial void ConsumerStopped(ILogger logger, string topic, string group);

    [LoggerMessage(5010, LogLevel.Warning,
        "Topic {Topic}: {Running} handlers of {Group} still ran after {ShutdownTimeout:0.0} s; their token was cancelled")]
    public static partial void HandlersCancelled(ILogger logger, string topic, string group, int running, double shutdownTimeout);

    [LoggerMessage(5011, LogLevel.Debug,
        "Message {MessageId} of {Topic} was already handled by {Group} (InboxWindow); it is acked and not handled again")]
    public static partial void AlreadyHandled(ILogger logger, string messageId, string topic, string group);

    [LoggerMessage(5012, LogLevel.Warning,
        "Checking whether message {MessageId} of {Topic} was already handled by {Group} (InboxWindow) failed; it is tried again")]
    public static partial void InboxFailed(ILogger logger, string messageId, string topic, string group, Exception error);

    [LoggerMessage(5013, LogLevel.Information, "Topic {Topic}: group {Group} is now {State} (ITopic.PauseAsync, ResumeAsync)")]
    public static partial void ConsumerPaused(ILogger logger, string topic, string group, string state);

    [LoggerMessage(5014, LogLevel.Information,
        "Topic {Topic}: this Redis user has no right to read whether the topic is paused, so that pausing it has no effect on " +
        "this process")]
    public static partial void PausingDenied(ILogger logger, string topic, Exception error);

    [LoggerMessage(5015, LogLevel.Warning,
        "Topic {Topic}: checking whether it is paused failed; its state stays as it was, and it is tried again")]
    public static partial void PauseLookFailed(ILogger logger, string topic, Exception error);

    [LoggerMessage(5016, LogLevel.Error,
        "A condition given to Retry.DoNotRetry threw for message {MessageId} of {Topic}, handled by {Group}. It counts as not met, so " +
        "the message is tried again")]
    public static partial void RetryConditionFailed(ILogger logger, string? messageId, string topic, string group, Exception error);

    [LoggerMessage(5017, LogLevel.Error,
        "Deciding on message {MessageId} of {Topic}, handled by {Group}, met an unexpected error (attempt {Attempt}, which failed " +
        "with {Failure}). It gets {Verdict}")]
    public static partial void OutcomeFailed(
        ILogger logger, string messageId, string topic, string group, int attempt, string failure, string verdict, Exception error);

    [LoggerMessage(5018, LogLevel.Error,
        "Disposing what was made to handle message {MessageId} of {Topic} as {Group} threw as well. The handler's own exception " +
        "decides what becomes of the message")]
    public static partial void HandlerDisposeFailed(ILogger logger, string? messageId, string topic, string group, Exception error);

    [LoggerMessage(5019, LogLevel.Error, "A callback that a handler of {Topic}, group {Group}, registered on its cancellation token threw")]
    public static partial void CancellationCallbackFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(5020, LogLevel.Error, "Stopping {Group} on {Topic} met an unexpected error; it is closed all the same")]
    public static partial void StopFailed(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(5021, LogLevel.Warning,
        "Topic {Topic}: Redis refuses the verdicts on {Count} messages of {Group}, which stay held; their verdicts are sent again " +
        "until Redis accepts them, and other messages do not wait")]
    public static partial void SettlementsRefused(ILogger logger, string topic, string group, int count, Exception error);

    [LoggerMessage(5022, LogLevel.Information, "Topic {Topic}: Redis accepts the verdicts of {Group} again")]
    public static partial void SettlementsCarriedOut(ILogger logger, string topic, string group);

    [LoggerMessage(5023, LogLevel.Warning,
        "Recording that {Count} redelivered messages of {Topic} are about to be handled by {Group} failed; they wait, and it is " +
        "tried again")]
    public static partial void StartsNotRecorded(ILogger logger, string topic, string group, int count, Exception error);

    [LoggerMessage(5024, LogLevel.Warning,
        "Leases were renewed {Late:0.0} s late: the process was frozen, or it did not get the processor. What it holds with a " +
        "lease that ran out is not started. " +
        Advice)]
    public static partial void RenewalLate(ILogger logger, double late);

    [LoggerMessage(5025, LogLevel.Warning,
        "The thread pool has not run a piece of work for {Late:0.0} s. Leases are renewed all the same; fetching, acks and " +
        "publishing wait. " +
        Advice)]
    public static partial void PoolBlocked(ILogger logger, double late);

    [LoggerMessage(5026, LogLevel.Warning,
        "{Count} messages of {Topic} were not started by {Group}: their lease ran out while they waited, and they are another " +
        "consumer's by now")]
    public static partial void NotStartedLost(ILogger logger, string topic, string group, int count);

    [LoggerMessage(5027, LogLevel.Warning,
        "Topic {Topic}: {Group} is paused for {Seconds:0.0} s. Its handler failed {Count} times in a row with what {Rule} names; " +
        "then one message is tried")]
    public static partial void CircuitOpened(
        ILogger logger, string topic, string group, double seconds, int count, string rule, Exception error);

    [LoggerMessage(5028, LogLevel.Warning,
        "Topic {Topic}: {Group} is paused for another {Seconds:0.0} s. The message that was tried failed with what {Rule} names")]
    public static partial void CircuitStaysOpen(ILogger logger, string topic, string group, double seconds, string rule, Exception error);

    [LoggerMessage(5029, LogLevel.Information, "Topic {Topic}: the pause of {Group} after failures is over; one message is tried")]
    public static partial void CircuitHalfOpened(ILogger logger, string topic, string group);

    [LoggerMessage(5030, LogLevel.Information, "Topic {Topic}: {Group} handles messages again; the message that was tried succeeded")]
    public static partial void CircuitClosed(ILogger logger, string topic, string group);

    [LoggerMessage(5031, LogLevel.Information,
        "Handling message {MessageId} of {Topic} as {Group} failed with what {Rule} names, which paused the consumer; it goes " +
        "back and no attempt is counted")]
    public static partial void GivenBackByCircuit(
        ILogger logger, string? messageId, string topic, string group, string rule, Exception error);

    [LoggerMessage(5032, LogLevel.Error, "A condition given to {Rule} threw on topic {Topic}, group {Group}. It counts as not met")]
    public static partial void PauseConditionFailed(ILogger logger, string rule, string topic, string group, Exception error);
}
