using Microsoft.Extensions.Logging;
using RedisMessaging.Redis.ServerChecks;

namespace RedisMessaging.Diagnostics.Logging;

internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Warning, "Redis can't be reached yet; tried for {Waited:0.0} s of {StartTimeout:0} s")]
    public static partial void ConnectRetry(ILogger logger, double waited, double startTimeout, Exception error);

    [LoggerMessage(3001, LogLevel.Warning, "Started without Redis (StartWithoutRedis); the bus keeps trying to connect in the background")]
    public static partial void StartedWithoutRedis(ILogger logger, Exception error);

    [LoggerMessage(3002, LogLevel.Warning,
        "INFO is denied: the server's version (7.0 or newer), its role, cluster mode and eviction policy can't be checked")]
    public static partial void ServerVersionUnknown(ILogger logger, Exception error);

    [LoggerMessage(3003, LogLevel.Warning, "{Command} did not return within {Seconds:0.0} s; its connection was replaced")]
    public static partial void WatchdogReplaced(ILogger logger, string command, double seconds);

    [LoggerMessage(3004, LogLevel.Information, "CLIENT is denied: stopping a subscription waits for its blocking read to end by itself")]
    public static partial void ClientCommandDenied(ILogger logger, Exception error);

    [LoggerMessage(3005, LogLevel.Debug, "CLIENT UNBLOCK failed; it is tried again")]
    public static partial void UnblockFailed(ILogger logger, Exception error);

    [LoggerMessage(3006, LogLevel.Debug, "Redis is still unreachable (StartWithoutRedis)")]
    public static partial void StillWithoutRedis(ILogger logger, Exception error);

    [LoggerMessage(3007, LogLevel.Critical, "Redis is reachable now (StartWithoutRedis), but the handlers can't be started")]
    public static partial void CannotConsume(ILogger logger, Exception error);

    [LoggerMessage(3008, LogLevel.Information,
        "CONFIG is denied: whether the server accepts messages as large as MaxMessageBytes can't be checked")]
    public static partial void ConfigDenied(ILogger logger, Exception error);

    [LoggerMessage(3009, LogLevel.Information,
        "ACL WHOAMI is denied: the user that Redis authenticated this connection as can't be checked")]
    public static partial void WhoAmIDenied(ILogger logger, Exception error);

    [LoggerMessage(3010, LogLevel.Warning, "{Finding}")]
    public static partial void UnsafeServer(ILogger logger, string finding);

    [LoggerMessage(3011, LogLevel.Warning,
        "Redis has answered no command for {Seconds:0.0} s, and does not answer over another connection either")]
    public static partial void CommandConnectionSilent(ILogger logger, double seconds, Exception error);

    [LoggerMessage(3012, LogLevel.Warning,
        "The command connection to {Endpoint} was half open: no command was answered for {Seconds:0.0} s, while another " +
        "connection is answered. It was replaced")]
    public static partial void CommandConnectionReplaced(ILogger logger, string endpoint, double seconds);

    [LoggerMessage(3013, LogLevel.Error, "The connection to Redis was lost and can't be re-established. {Refusal}")]
    public static partial void ConnectionRefused(ILogger logger, string refusal);

    [LoggerMessage(3014, LogLevel.Information, "The primary of service {Service} is {Primary}, according to its Sentinels")]
    public static partial void SentinelPrimary(ILogger logger, string service, System.Net.EndPoint primary);

    [LoggerMessage(3015, LogLevel.Warning,
        "No Sentinel names the primary of service {Service}; the last known primary is used, if there is one")]
    public static partial void SentinelsAway(ILogger logger, string service, Exception error);

    [LoggerMessage(3016, LogLevel.Warning,
        "XREAD of the wake-up keys ({{topic}}:…:signal) is denied: messages that other processes schedule may be up to three " +
        "seconds late, a pause half a second, and each consumer has a dedicated connection even while it is idle; grant +xread")]
    public static partial void WakeSignalDenied(ILogger logger, Exception error);

    [LoggerMessage(3017, LogLevel.Warning,
        "Waiting for wake-ups (scheduled messages, pauses, new messages for idle consumers) failed; it is tried again")]
    public static partial void WakeSignalFailed(ILogger logger, Exception error);

    [LoggerMessage(3018, LogLevel.Warning, "{Purpose}: a dedicated connection to block on can't be opened; the shared one is used")]
    public static partial void OwnConnectionFailed(ILogger logger, string purpose, Exception error);

    [LoggerMessage(3019, LogLevel.Warning,
        "The connection for large messages could not be opened. They go over the command connection, where they delay small ones " +
        "and must be answered within its AsyncTimeout; it is tried again in a minute")]
    public static partial void LargeConnectionFailed(ILogger logger, Exception error);

    [LoggerMessage(3020, LogLevel.Warning,
        "The connection that leases are renewed over could not be opened ({Reason}): until it is there, the command connection " +
        "renews them, which needs a thread of the pool for each reply")]
    public static partial void LeasesWithoutConnection(ILogger logger, string reason, Exception? error);

    [LoggerMessage(3021, LogLevel.Warning,
        "The connection that leases are renewed over did not answer, and the command connection did: it is replaced")]
    public static partial void LeaseConnectionReplaced(ILogger logger, Exception error);

    [LoggerMessage(3022, LogLevel.Information,
        "The stream {Key}, which wakes this process, ends before {Position}, up to where it was read: it was deleted, or restored " +
        "from an older state, and begins again. It is read from its beginning")]
    public static partial void WakeSignalBeginsAgain(ILogger logger, string key, string position);

    [LoggerMessage(3023, LogLevel.Information,
        "The server does not know {Verb} any more: it is probably another one, and older. What older servers know is used from " +
        "now on")]
    public static partial void VerbLost(ILogger logger, NewerVerb verb, Exception error);
}
