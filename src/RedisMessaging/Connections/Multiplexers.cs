using RedisMessaging.Background;
using StackExchange.Redis;

namespace RedisMessaging.Connections;

/// <summary>Opens connections without the caller's context: their heartbeats and readers last as long as they do, and would keep the activity and the AsyncLocals of the first caller alive.</summary>
internal static class Multiplexers
{
    public static Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions options) => BackgroundLoop.Run(() => ConnectionMultiplexer.ConnectAsync(options));

    public static Task<ConnectionMultiplexer> ConnectToSentinelsAsync(ConfigurationOptions options) => BackgroundLoop.Run(() => ConnectionMultiplexer.SentinelConnectAsync(options));
}
