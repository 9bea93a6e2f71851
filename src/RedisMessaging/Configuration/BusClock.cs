using Microsoft.Extensions.DependencyInjection;

namespace RedisMessaging.Configuration;

/// <summary>
/// The clock of the bus: the system's, whatever <see cref="TimeProvider"/> the container has. Leases, stops and timeouts are agreed upon
/// with Redis and with other processes, whose clocks do not follow one that an application moves in its tests.
/// </summary>
internal static class BusClock
{
    /// <summary>For the tests of this library: a clock registered with this key is used.</summary>
    internal const string Key = "RedisMessaging.Clock";

    public static TimeProvider Of(IServiceProvider services) =>
        (services as IKeyedServiceProvider)?.GetKeyedService(typeof(TimeProvider), Key) as TimeProvider ?? TimeProvider.System;
}
