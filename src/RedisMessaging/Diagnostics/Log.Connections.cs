using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

/// <summary>All log messages. A method's name and event id are a contract: operators alert on them. Event ids: 1000 connections, 2000 pipeline, 3000 Pub/Sub, 4000 queue, 5000 streams.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Warning, "Redis can't be reached yet; tried for {Waited:0.0} s of {StartTimeout:0} s")]
    public static partial void ConnectRetry(ILogger logger, double waited, double startTimeout, Exception error);

    [LoggerMessage(1001, LogLevel.Warning, "Started without Redis (StartWithoutRedis); the bus keeps trying to connect in the background")]
    public static partial void StartedWithoutRedis(ILogger logger, Exception error);

    [LoggerMessage(1002, LogLevel.Warning, "INFO is denied: the server's version (7.0 or newer), its role, cluster mode and eviction policy can't be checked")]
    public static partial void ServerVersionUnknown(ILogger logger, Exception error);

    [LoggerMessage(1003, LogLevel.Warning, "{Command} did not return within {Seconds:0.0} s; its connection was replaced")]
    public static partial void WatchdogReplaced(ILogger logger, string command, double seconds);

    [LoggerMessage(1004, LogLevel.Information, "CLIENT is denied: stopping a subscription waits for its blocking read to end by itself")]
    public static partial void ClientCommandDenied(ILogger logger, Exception error);

    [LoggerMessage(1005, LogLevel.Debug, "CLIENT UNBLOCK failed; it is tried again")]
    public static partial void UnblockFailed(ILogger logger, Exception error);

    [LoggerMessage(1006, LogLevel.Debug, "Redis is still unreachable (StartWithoutRedis)")]
    public static partial void StillWithoutRedis(ILogger logger, Exception error);

    [LoggerMessage(1007, LogLevel.Critical, "Redis is reachable now (StartWithoutRedis), but the handlers can't be started")]
    public static partial void CannotConsume(ILogger logger, Exception error);

    [LoggerMessage(1008, LogLevel.Information, "CONFIG is denied: whether the server accepts messages as large as MaxMessageBytes can't be checked")]
    public static partial void ConfigDenied(ILogger logger, Exception error);

    [LoggerMessage(1009, LogLevel.Information, "ACL WHOAMI is denied: the user that Redis authenticated this connection as can't be checked")]
    public static partial void WhoAmIDenied(ILogger logger, Exception error);

    [LoggerMessage(1010, LogLevel.Warning, "{Finding}")]
    public static partial void UnsafeServer(ILogger logger, string finding);

    [LoggerMessage(1011, LogLevel.Information, "Topic {Topic}: whether messages are left on {Other} can't be checked")]
    public static partial void TransportChangeUnknown(ILogger logger, string topic, TransportKind other, Exception error);

    [LoggerMessage(1012, LogLevel.Warning, "Redis has answered no command for {Seconds:0.0} s, and does not answer over another connection either")]
    public static partial void CommandConnectionSilent(ILogger logger, double seconds, Exception error);

    [LoggerMessage(1013, LogLevel.Warning, "The command connection to {Endpoint} was half open: no command was answered for {Seconds:0.0} s, while another connection is answered. It was replaced")]
    public static partial void CommandConnectionReplaced(ILogger logger, string endpoint, double seconds);

    [LoggerMessage(1014, LogLevel.Error, "The connection to Redis was lost and can't be re-established. {Refusal}")]
    public static partial void ConnectionRefused(ILogger logger, string refusal);

    [LoggerMessage(1015, LogLevel.Information, "The primary of service {Service} is {Primary}, according to its Sentinels")]
    public static partial void SentinelPrimary(ILogger logger, string service, System.Net.EndPoint primary);

    [LoggerMessage(1016, LogLevel.Warning, "No Sentinel names the primary of service {Service}; the last known primary is used, if there is one")]
    public static partial void SentinelsAway(ILogger logger, string service, Exception error);

    [LoggerMessage(1020, LogLevel.Warning, "XREAD of the wake-up keys ({{topic}}:…:bell) is denied: messages that other processes schedule may be up to three seconds late, a pause half a second, and each consumer has a dedicated connection even while it is idle; grant +xread")]
    public static partial void BellDenied(ILogger logger, Exception error);

    [LoggerMessage(1021, LogLevel.Warning, "Waiting for wake-ups (scheduled messages, pauses, new messages for idle consumers) failed; it is tried again")]
    public static partial void BellFailed(ILogger logger, Exception error);

    [LoggerMessage(1022, LogLevel.Warning, "{Purpose}: a dedicated connection to block on can't be opened; the shared one is used")]
    public static partial void OwnConnectionFailed(ILogger logger, string purpose, Exception error);
}
