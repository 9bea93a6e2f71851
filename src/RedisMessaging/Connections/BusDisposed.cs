using RedisMessaging.Diagnostics;

namespace RedisMessaging.Connections;

/// <summary>What callers are told when the bus is disposed. Apart from what StackExchange.Redis says when a connection is: that is a fault of Redis to whoever uses it.</summary>
internal static class BusDisposed
{
    private static readonly string Name = TypeName.Full(typeof(RedisMessageBus));

    public static ObjectDisposedException Error(string message = "The bus is disposed.") => new(Name, message);

    public static bool IsTold(Exception error) => error is ObjectDisposedException disposed && disposed.ObjectName == Name;
}
