using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Groups;

/// <summary>
/// Broadcast gives every process a consumer group of its own. It goes with the process, and those of processes that crashed are found when the next one starts; that of a process
/// with a name stays until the process comes back, or has been away for too long.
/// </summary>
internal static class BroadcastGroups
{
    /// <summary>How the names of all broadcast groups begin.</summary>
    public const string Prefix = "broadcast:";

    /// <summary>Before the name of a process that has one. Neither such a name nor a consumer's has it.</summary>
    private const string Named = "@";

    private const int OwnersRequest = -1;

    /// <summary>For how long the place of a process with a name is kept after it was heard of for the last time.</summary>
    private static readonly TimeSpan RememberedFor = TimeSpan.FromDays(7);

    public static bool IsBroadcast(string group) => group.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether it is that of a process with a name, which stays when the process stops.</summary>
    public static bool IsRemembered(string group) => IsBroadcast(group) && group.AsSpan(group.LastIndexOf(':') + 1).StartsWith(Named, StringComparison.Ordinal);

    public static string NameOf(ReceiverOptions subscription) => PrefixOf(subscription) + (subscription.BroadcastName is { } name ? Named + name : subscription.Consumer);

    public static async ValueTask DropAbandonedAsync(StreamConsumer consumer, StreamKeys keys, IDatabase database)
    {
        try
        {
            var remembered = new HashSet<string>(StringComparer.Ordinal);
            foreach (var name in await database.SortedSetRangeByRankAsync(keys.Broadcasts).ConfigureAwait(false))
            {
                remembered.Add(name!);
            }

            var limit = (long)consumer.AbandonedAfter(TimeSpan.FromMinutes(5)).TotalMilliseconds;
            foreach (var info in await GroupsAsync(keys, database).ConfigureAwait(false))
            {
                if (IsRemembered(info.Name))
                {
                    remembered.Add(info.Name);
                }
                else if (info.Name.StartsWith(PrefixOf(consumer.Subscription), StringComparison.Ordinal) && await DropAsync(database, keys, info.Name, limit).ConfigureAwait(false))
                {
                    Log.BroadcastGroupDropped(consumer.Context.Logger, info.Name, consumer.Context.Topic);
                }
            }

            foreach (var name in remembered)
            {
                if (await ForgetAsync(database, keys, name).ConfigureAwait(false))
                {
                    Log.BroadcastGroupDropped(consumer.Context.Logger, name, consumer.Context.Topic);
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

    private static string PrefixOf(ReceiverOptions subscription) => $"{Prefix}{subscription.Group}:";

    private static async Task<StreamGroupInfo[]> GroupsAsync(StreamKeys keys, IDatabase database) => await database.KeyExistsAsync(keys.Stream).ConfigureAwait(false)
        ? await database.StreamGroupInfoAsync(keys.Stream).ConfigureAwait(false)
        : [];

    private static async Task<bool> DropAsync(IDatabase database, StreamKeys keys, string group, long idleLimit) =>
        (bool)await StreamGroupCalls.DropBroadcastGroup(
            keys.Stream,
            keys.Retry(group),
            keys.Starts(group),
            keys.SettledUpTo(group),
            keys.Retries(group),
            keys.RetryMessages(group),
            keys.Seen,
            group,
            maxIdle: idleLimit).RunAsync(database).ConfigureAwait(false);

    private static async Task<bool> ForgetAsync(IDatabase database, StreamKeys keys, string group) =>
        (bool)await StreamGroupCalls.ExpireBroadcastName(
            keys.Stream,
            keys.Broadcasts,
            keys.Holder(group),
            keys.Retry(group),
            keys.Starts(group),
            keys.SettledUpTo(group),
            keys.Retries(group),
            keys.RetryMessages(group),
            keys.Seen,
            group,
            maxAge: (long)RememberedFor.TotalMilliseconds).RunAsync(database).ConfigureAwait(false);
}
