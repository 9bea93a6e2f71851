using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Handlers;

/// <summary>
/// Cancels a token that handlers have. They may have registered callbacks on it, which run then: on the pool, so that they hold up none of
/// the library's loops, and what they throw is logged.
/// </summary>
internal static class HandlerToken
{
    public static async Task CancelAsync(CancellationTokenSource source, ConsumerIdentity consumer, ILogger logger)
    {
        try
        {
            await source.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The handler ended meanwhile.
        }
        catch (Exception error)
        {
            Log.CancellationCallbackFailed(logger, consumer.Topic, consumer.Group, error);
        }
    }
}
