using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Bus;

/// <summary>Disposes of what a user's code ran in, which is a user's code as well.</summary>
internal static class ForeignDisposal
{
    /// <summary>
    /// Disposes of something whose use failed: what that throws is logged, so that it does not take the place of what the use threw.
    /// </summary>
    public static async ValueTask AfterFailureAsync(object used, MessageContext? message, string topic, string group, ILogger logger)
    {
        try
        {
            await OwnedInstance.DisposeAsync(used).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Log.HandlerDisposeFailed(logger, message?.MessageId, topic, group, error);
        }
    }
}
