using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    [LoggerMessage(9000, LogLevel.Information, "Topic {Topic}: whether messages are left on {Other} can't be checked")]
    public static partial void TransportChangeUnknown(ILogger logger, string topic, TransportKind other, Exception error);

    [LoggerMessage(9001, LogLevel.Warning,
        "Topic {Topic} is on {Transport} now, but {Count} unhandled messages are left on {Other}; they stay there " +
        "(OnTransportChange = Warn)")]
    public static partial void TransportChanged(ILogger logger, string topic, TransportKind transport, long count, TransportKind other);

    [LoggerMessage(9002, LogLevel.Information,
        "Topic {Topic}: draining {Count} messages that are left on {Other} with the handlers of {Transport} (OnTransportChange = " +
        "Drain)")]
    public static partial void DrainStarted(ILogger logger, string topic, TransportKind transport, long count, TransportKind other);

    [LoggerMessage(9003, LogLevel.Information, "Topic {Topic}: {Other} is drained and deleted")]
    public static partial void DrainEnded(ILogger logger, string topic, TransportKind other);

    [LoggerMessage(9004, LogLevel.Warning, "Topic {Topic}: draining {Other} failed; it is tried again")]
    public static partial void DrainFailed(ILogger logger, string topic, TransportKind other, Exception error);

    [LoggerMessage(9005, LogLevel.Warning,
        "Topic {Topic}: {Count} messages are left on {Other}, but this process has no handler for them; another process has to " +
        "drain them")]
    public static partial void NothingToDrainWith(ILogger logger, string topic, long count, TransportKind other);

    [LoggerMessage(9006, LogLevel.Error,
        "Consuming member {Member} of {Topic} as {Group} failed; other members are not affected, and it is tried again")]
    public static partial void MemberFailed(ILogger logger, string member, string topic, string group, Exception error);

    [LoggerMessage(9007, LogLevel.Warning,
        "The members of {Topic} can't be listed for {Group}: new members are found later; it is tried again")]
    public static partial void RegistryUnread(ILogger logger, string topic, string group, Exception error);

    [LoggerMessage(9008, LogLevel.Warning, "Topic {Topic}: {Count} members were lost from its registry; they are registered again")]
    public static partial void MembersRegisteredAgain(ILogger logger, string topic, int count);

    [LoggerMessage(9009, LogLevel.Warning,
        "The stream of topic {Topic} ends before {Position}, behind which its history was asked for: it was deleted, or restored " +
        "from an older state, and begins again. It is read from its beginning")]
    public static partial void HistoryBeginsAgain(ILogger logger, string topic, string position);

    [LoggerMessage(9010, LogLevel.Warning,
        "The registry of family {Family} ends before the last member that is known here: it was deleted, or restored from an " +
        "older state. It is read from its beginning")]
    public static partial void RegistryBeginsAgain(ILogger logger, string family);
}
