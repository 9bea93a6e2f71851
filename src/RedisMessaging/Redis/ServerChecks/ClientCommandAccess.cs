using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Redis.ServerChecks;

/// <summary>Whether CLIENT may be used: found out once for all connections, and told once.</summary>
internal sealed class ClientCommandAccess(ILogger logger)
{
    private int _denied;

    public bool IsDenied => Volatile.Read(ref _denied) != 0;

    public void Deny(Exception error)
    {
        if (Interlocked.Exchange(ref _denied, 1) == 0)
        {
            Log.ClientCommandDenied(logger, error);
        }
    }
}
