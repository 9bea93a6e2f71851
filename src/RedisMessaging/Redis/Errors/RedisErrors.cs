using System.Net.Sockets;
using RedisMessaging.Bus.Stopping;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Errors;

/// <summary>Tells what went wrong by the first word of a server error, which is its code, and by how far the command had got.</summary>
internal static class RedisErrors
{
    // Scripts have no code for it.
    private const string DeniedInScript = "ERR The user executing the script can't";
    private const string DeniedInScriptSince72 = "ERR ACL failure in script";

    private static readonly string[] UnknownRepeat = ["Invalid stream ID", "syntax error"];
    private static readonly string[] Unsupported = ["unknown command", "compilation error", "compiling script", "scripting support"];

    // StackExchange.Redis follows one MOVED; of a second one it says this.
    private const string MovedAgain = "Key has MOVED";

    public static FaultKind Classify(Exception error) => error switch
    {
        RedisServerException server => ClassifyServerError(server.Message),
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => FaultKind.Authentication,
        RedisException { InnerException: RedisServerException server } => ClassifyServerError(server.Message),
        RedisConnectionException { FailureType: ConnectionFailureType.InternalFailure, InnerException: RedisCommandException } =>
            FaultKind.ReadOnly,
        RedisConnectionException or InvalidOperationException or IOException or SocketException => FaultKind.Connection,
        TimeoutException or TaskCanceledException => FaultKind.Timeout,
        _ => FaultKind.Other,
    };

    /// <summary>
    /// Whether Redis or the way to it is at fault, rather than this program. StackExchange.Redis does not wrap everything: a connection
    /// that it gives up cancels commands, with no token of ours, or fails them with what its reader met: an InvalidOperationException, or
    /// the socket's own error.
    /// </summary>
    public static bool IsRedisFault(Exception error) =>
        error is RedisException or RedisCommandException or TimeoutException
            or InvalidOperationException or IOException or SocketException
            or OperationCanceledException { CancellationToken.CanBeCanceled: false }
        && !BusDisposed.IsTold(error);

    /// <summary>
    /// Whether a command can't be used here at all: an ACL forbids it, the server does not know it by this name, or the client's command
    /// map has it switched off.
    /// </summary>
    public static bool IsDenied(Exception error) =>
        error is RedisCommandException || (error is RedisServerException && Classify(error) is FaultKind.NoPermission or FaultKind.Other);

    /// <summary>Whether the server does not know a command, or does not take scripts as Redis 7.0 does.</summary>
    public static bool IsUnsupported(RedisServerException error) =>
        Array.Exists(Unsupported, text => error.Message.Contains(text, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the server does not know a command, or one of its options. Then it did nothing.</summary>
    public static bool IsUnknownVerb(RedisServerException error) =>
        error.Message.Contains("syntax error", StringComparison.OrdinalIgnoreCase) || IsUnsupported(error);

    /// <summary>Whether the server does not know <c>XADD … IDMP</c>, which it reads as the entry's id. Then it added nothing.</summary>
    public static bool IsUnknownRepeat(RedisServerException error) =>
        Array.Exists(UnknownRepeat, text => error.Message.Contains(text, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether waiting and trying again is the right answer: the fault is the server's or the network's, and passes.</summary>
    public static bool IsTransient(Exception error) => Classify(error) switch
    {
        FaultKind.NoPermission or FaultKind.WrongType or FaultKind.Authentication or FaultKind.Other => false,
        _ => true,
    };

    /// <summary>
    /// Whether a write may have been carried out although it failed. A server that answered with an error refused it; a command that never
    /// left this process can't have been carried out; of everything else nobody knows.
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
        RedisConnectionException
        {
            FailureType: ConnectionFailureType.UnableToConnect
                or ConnectionFailureType.UnableToResolvePhysicalConnection
                or ConnectionFailureType.AuthenticationFailure
        } => false,
        _ => true,
    };

    private static FaultKind ClassifyServerError(string message)
    {
        if (message.StartsWith(DeniedInScript, StringComparison.Ordinal)
            || message.StartsWith(DeniedInScriptSince72, StringComparison.Ordinal))
        {
            return FaultKind.NoPermission;
        }

        if (message.StartsWith(MovedAgain, StringComparison.Ordinal))
        {
            return FaultKind.ClusterDown;
        }

        var end = message.IndexOf(' ', StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]) switch
        {
            "NOGROUP" => FaultKind.NoGroup,
            "UNBLOCKED" or "-UNBLOCKED" => FaultKind.Unblocked,
            "READONLY" or "-READONLY" => FaultKind.ReadOnly,
            "LOADING" => FaultKind.Loading,
            "OOM" or "-OOM" => FaultKind.OutOfMemory,
            "MISCONF" or "-MISCONF" => FaultKind.Misconfigured,
            "BUSY" or "NOTBUSY" => FaultKind.Busy,
            "NOREPLICAS" or "-NOREPLICAS" => FaultKind.NoReplicas,
            "CLUSTERDOWN" or "TRYAGAIN" or "MASTERDOWN" or "MOVED" or "ASK" => FaultKind.ClusterDown,
            "NOPERM" => FaultKind.NoPermission,
            "WRONGTYPE" => FaultKind.WrongType,
            "NOAUTH" or "WRONGPASS" => FaultKind.Authentication,
            _ => FaultKind.Other,
        };
    }
}
