using StackExchange.Redis;

namespace RedisMessaging.Connections;

/// <summary>Tells what went wrong by the first word of a server error, which is its code, and by how far the command had got.</summary>
internal static class RedisErrors
{
    // Scripts have no code for it.
    private const string DeniedInScript = "ERR The user executing the script can't";
    private const string DeniedInScriptSince72 = "ERR ACL failure in script";

    // StackExchange.Redis follows one MOVED; of a second one it says this.
    private const string MovedAgain = "Key has MOVED";

    public static RedisErrorKind Classify(Exception error) => error switch
    {
        RedisServerException server => ClassifyServerError(server.Message),
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => RedisErrorKind.Authentication,
        RedisException { InnerException: RedisServerException server } => ClassifyServerError(server.Message),
        RedisConnectionException { FailureType: ConnectionFailureType.InternalFailure, InnerException: RedisCommandException } => RedisErrorKind.ReadOnly,
        RedisConnectionException or InvalidOperationException => RedisErrorKind.Connection,
        TimeoutException or TaskCanceledException => RedisErrorKind.Timeout,
        _ => RedisErrorKind.Other,
    };

    /// <summary>
    /// Whether Redis or the way to it is at fault, rather than this program. StackExchange.Redis does not wrap everything: a connection that it gives up cancels
    /// commands, with no token of ours, or fails them with what its reader met, an InvalidOperationException.
    /// </summary>
    public static bool IsRedisFault(Exception error) => (error is RedisException or RedisCommandException or TimeoutException or InvalidOperationException
        or OperationCanceledException { CancellationToken.CanBeCanceled: false }) && !BusDisposed.IsTold(error);

    /// <summary>Whether a command can't be used here at all: an ACL forbids it, the server does not know it by this name, or the client's command map has it switched off.</summary>
    public static bool IsDenied(Exception error) =>
        error is RedisCommandException || (error is RedisServerException && Classify(error) is RedisErrorKind.NoPermission or RedisErrorKind.Other);

    /// <summary>Whether waiting and trying again is the right answer: the fault is the server's or the network's, and passes.</summary>
    public static bool IsTransient(Exception error) => Classify(error) switch
    {
        RedisErrorKind.NoPermission or RedisErrorKind.WrongType or RedisErrorKind.Authentication or RedisErrorKind.Other => false,
        _ => true,
    };

    /// <summary>
    /// Whether a write may have been carried out although it failed. A server that answered with an error refused it; a command that never left this
    /// process can't have been carried out; of everything else nobody knows.
    /// </summary>
    public static bool MayHaveBeenStored(Exception error) => error switch
    {
        RedisServerException => false,
        RedisCommandException => false,
        // What StackExchange.Redis had not written yet when its connection was disposed, and what we refuse.
        ObjectDisposedException => false,
        RedisTimeoutException { Commandstatus: CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog } => false,
        RedisConnectionException { CommandStatus: CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog } => false,
        // Refused before it was written: its server is a replica, or was when StackExchange.Redis looked.
        RedisConnectionException { FailureType: ConnectionFailureType.InternalFailure, InnerException: RedisCommandException } => false,
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect or ConnectionFailureType.UnableToResolvePhysicalConnection or ConnectionFailureType.AuthenticationFailure } => false,
        _ => true,
    };

    private static RedisErrorKind ClassifyServerError(string message)
    {
        if (message.StartsWith(DeniedInScript, StringComparison.Ordinal) || message.StartsWith(DeniedInScriptSince72, StringComparison.Ordinal))
        {
            return RedisErrorKind.NoPermission;
        }

        if (message.StartsWith(MovedAgain, StringComparison.Ordinal))
        {
            return RedisErrorKind.ClusterDown;
        }

        var end = message.IndexOf(' ', StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]) switch
        {
            "NOGROUP" => RedisErrorKind.NoGroup,
            "UNBLOCKED" or "-UNBLOCKED" => RedisErrorKind.Unblocked,
            "READONLY" or "-READONLY" => RedisErrorKind.ReadOnly,
            "LOADING" => RedisErrorKind.Loading,
            "OOM" or "-OOM" => RedisErrorKind.OutOfMemory,
            "MISCONF" or "-MISCONF" => RedisErrorKind.Misconfigured,
            "BUSY" or "NOTBUSY" => RedisErrorKind.Busy,
            "NOREPLICAS" or "-NOREPLICAS" => RedisErrorKind.NoReplicas,
            "CLUSTERDOWN" or "TRYAGAIN" or "MASTERDOWN" or "MOVED" or "ASK" => RedisErrorKind.ClusterDown,
            "NOPERM" => RedisErrorKind.NoPermission,
            "WRONGTYPE" => RedisErrorKind.WrongType,
            "NOAUTH" or "WRONGPASS" => RedisErrorKind.Authentication,
            _ => RedisErrorKind.Other,
        };
    }
}
