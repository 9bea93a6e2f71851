using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration;
using RedisMessaging.Redis.Connections;

namespace RedisMessaging.Bus;

/// <summary>Makes and starts a bus without a host or a container.</summary>
internal static class BusConnector
{
    public static async ValueTask<RedisMessageBus> ConnectAsync(
        string connection,
        Action<RedisMessagingBuilder> configure,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(configure);
        ArgumentNullException.ThrowIfNull(loggers);
        var source = ConnectionSource.From(connection);
        var builder = new RedisMessagingBuilder();
        configure(builder);
        var bus = new RedisMessageBus(new BusSetup
        {
            Builder = builder,
            Options = builder.Options,
            Source = source,
            Application = ApplicationName.Of(builder.Options, null),
            Loggers = loggers,
        });
        try
        {
            await bus.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await bus.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return bus;
    }
}
