using Microsoft.Extensions.Logging;
using RedisMessaging.Connections;

namespace RedisMessaging.Diagnostics;

/// <summary>Newer commands of Redis, and what is done without them.</summary>
internal static partial class Log
{
    [LoggerMessage(4300, LogLevel.Information, "The server does not know {Verb} any more: it is probably another one, and older. What older servers know is used from now on")]
    public static partial void VerbLost(ILogger logger, NewerVerb verb, Exception error);
}
