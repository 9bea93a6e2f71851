using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>Broadcast gives every process a consumer group of its own, which goes with it. Those of processes that crashed are found when the next one starts.</summary>
internal static class BroadcastGroups
{
    /// <summary>How the names of all broadcast groups begin.</summary>
    public const string Prefix = "broadcast:";

    private const int OwnersRequest = -1;

    public static bool IsBroadcast(string group) => group.StartsWith(Prefix, StringComparison.Ordinal);

    public static string NameOf(Subscription subscription) => $"{PrefixOf(subscription)}{subscription.Consumer}";

    public static async ValueTask DropAbandonedAsync(StreamConsumer consumer, StreamKeys keys, IDatabase database)
    {
        try
        {
            if (!await database.KeyExistsAsync(keys.Stream).ConfigureAwait(false))
            {
                return;
            }

            var limit = (long)consumer.AbandonedAfter(TimeSpan.FromMinutes(5)).TotalMilliseconds;
            foreach (var info in await database.StreamGroupInfoAsync(keys.Stream).ConfigureAwait(false))
            {
                if (info.Name.StartsWith(PrefixOf(consumer.Subscription), StringComparison.Ordinal)
                    && await DropAsync(database, keys, info.Name, limit).ConfigureAwait(false))
                {
                    Log.BroadcastGroupDropped(consumer.Context.Logger, info.Name, consumer.Context.Topic);
                }
            }
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            // Left for the next process: it stops nobody from reading.
            Log.StreamCleanupFailed(consumer.Context.Logger, consumer.Context.Topic, consumer.Group, error);
        }
    }

    public static async ValueTask DropOwnAsync(StreamConsumer consumer, StreamKeys keys, IDatabase database) =>
        await DropAsync(database, keys, consumer.Group, OwnersRequest).ConfigureAwait(false);

    private static string PrefixOf(Subscription subscription) => $"{Prefix}{subscription.Group}:";

    private static async Task<bool> DropAsync(IDatabase database, StreamKeys keys, string group, long idleLimit) =>
        (bool)await database.ScriptEvaluateAsync(StreamScripts.Drop, [keys.Stream, keys.Retry(group), keys.Starts(group), keys.Floor(group), keys.Retries(group), keys.RetryMessages(group), keys.Seen], [group, idleLimit]).ConfigureAwait(false);
}
