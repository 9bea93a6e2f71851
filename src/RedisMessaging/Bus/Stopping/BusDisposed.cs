using RedisMessaging.Diagnostics;

namespace RedisMessaging.Bus.Stopping;

/// <summary>
/// The error that callers get when the bus is disposed. It differs from the error of StackExchange.Redis for a disposed connection, which
/// counts as a fault of Redis.
/// </summary>
internal static class BusDisposed
{
    private static readonly string Name = TypeName.Full(typeof(RedisMessageBus));

    public static ObjectDisposedException Error(string message = "The bus is disposed.") => new(Name, message);

    public static bool IsTold(Exception error) => error is ObjectDisposedException disposed && disposed.ObjectName == Name;
}
