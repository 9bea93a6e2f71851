using RedisMessaging.Background;
using RedisMessaging.Redis.Errors;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections;

/// <summary>
/// Opens connections without the caller's context: their heartbeats and readers last as long as they do, and would keep the activity and
/// the AsyncLocals of the first caller alive.
/// </summary>
internal static class Multiplexers
{
    public static Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions options) =>
        OpenAsync(() => ConnectionMultiplexer.ConnectAsync(options));

    public static Task<ConnectionMultiplexer> ConnectToSentinelsAsync(ConfigurationOptions options) =>
        OpenAsync(() => ConnectionMultiplexer.SentinelConnectAsync(options));

    private static async Task<ConnectionMultiplexer> OpenAsync(Func<Task<ConnectionMultiplexer>> open)
    {
        try
        {
            return await BackgroundLoop.Run(open).ConfigureAwait(false);
        }
        catch (RedisConnectionException error) when (ConnectAdvice.Without(error) is var plain && plain != error)
        {
            throw plain;
        }
    }
}
