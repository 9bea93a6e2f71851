using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Configuration;

/// <summary>Makes the bus for a container. Takes nothing of the user's from it, since that may need the bus.</summary>
internal static class BusFactory
{
    [ThreadStatic]
    private static RedisMessagingBuilder? _making;

    /// <summary>Whether this thread is making a bus.</summary>
    public static bool IsMaking => _making is not null;

    /// <exception cref="RedisMessagingConfigurationException">Something that the bus needs needs the bus: the container would wait for
    /// itself, without a word.</exception>
    public static RedisMessageBus Make(RedisMessagingBuilder builder, DeferredLoggerFactory loggers, Func<RedisMessageBus> make)
    {
        if (_making == builder)
        {
            throw new RedisMessagingConfigurationException(
                "IMessageBus is needed to make IMessageBus: something that configures RedisMessagingOptions or IHostEnvironment takes it "
                + "from the container. Take it from there later, such as with a Func or a Lazy.");
        }

        var outer = _making;
        _making = builder;
        try
        {
            return make();
        }
        finally
        {
            _making = outer;
            // In here the container may be in the middle of making the loggers.
            _ = BackgroundLoop.Run(loggers.FlushAsync);
        }
    }
}
