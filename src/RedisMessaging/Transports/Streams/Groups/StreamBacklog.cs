using RedisMessaging.Redis.WakeSignals;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Groups;

/// <summary>What a topic's groups have yet to handle.</summary>
internal sealed class StreamBacklog(StreamKeys keys, IDatabase database)
{
    private const int PageSize = 100;

    /// <summary>All groups, or <see langword="null"/> when there is no stream.</summary>
    private async ValueTask<StreamGroupInfo[]?> ReadGroupsAsync()
    {
        try
        {
            return await database.KeyExistsAsync(keys.Stream).ConfigureAwait(false)
                ? await database.StreamGroupInfoAsync(keys.Stream).ConfigureAwait(false)
                : null;
        }
        catch (RedisServerException error) when (error.Message.Contains("no such key", StringComparison.Ordinal))
        {
            return null;
        }
    }

    public async ValueTask<IReadOnlyList<string>> ListGroupsAsync() =>
        [.. (await ReadGroupsAsync().ConfigureAwait(false) ?? []).Select(info => info.Name).Where(name => !BroadcastGroups.IsBroadcast(name))];

    /// <summary>That of the group that has most to do, with what waits to be handled again in any group; everything when there is no group yet. What is not due yet, too.</summary>
    public async ValueTask<long> CountAsync()
    {
        var scheduled = await CountHeldBackAsync(keys.Schedule.Scheduled, keys.Schedule.Messages).ConfigureAwait(false);
        if (await ReadGroupsAsync().ConfigureAwait(false) is not { } groups)
        {
            return scheduled;
        }

        var durable = Array.FindAll(groups, info => !BroadcastGroups.IsBroadcast(info.Name));
        if (durable.Length == 0)
        {
            return scheduled + await database.StreamLengthAsync(keys.Stream).ConfigureAwait(false);
        }

        long most = 0;
        long retries = 0;
        foreach (var info in durable)
        {
            var unread = info.Lag ?? await CountAfterAsync(info.LastDeliveredId ?? "0-0").ConfigureAwait(false);
            most = Math.Max(most, unread + info.PendingMessageCount);
            retries += await database.StreamLengthAsync(keys.Retry(info.Name)).ConfigureAwait(false);
            retries += await CountHeldBackAsync(keys.Retries(info.Name), keys.RetryMessages(info.Name)).ConfigureAwait(false);
        }

        return most + retries + scheduled;
    }

    public async ValueTask<bool> DeleteDrainedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var groups = await ReadGroupsAsync().ConfigureAwait(false) ?? [];
            var call = StreamCalls.Delete(
                keys.Stream,
                keys.Schedule.Scheduled,
                keys.Schedule.Messages,
                keys.Schedule.Signal,
                keys.Layout,
                keys.Seen,
                keys.Broadcasts,
                keys.Handlers,
                groupKeys: [.. groups.SelectMany(info => KeysOf(info.Name))],
                broadcastPrefix: BroadcastGroups.Prefix,
                groups: Array.ConvertAll(groups, info => (RedisValue)info.Name));
            switch ((int)await call.RunAsync(database).ConfigureAwait(false))
            {
                case 1:
                    return true;
                case 0:
                    return false;
                default:
                    // A group was made since they were listed, and a script may only touch the keys it was given.
                    continue;
            }
        }
    }

    private RedisKey[] KeysOf(string group) =>
        [keys.Retry(group), keys.Starts(group), keys.SettledUpTo(group), keys.Retries(group), keys.RetryMessages(group)];

    /// <summary>A message without its name is unhandled all the same, until it is found (schedule-sweep.lua).</summary>
    private async ValueTask<long> CountHeldBackAsync(RedisKey due, RedisKey messages)
    {
        var exists = database.KeyExistsAsync(messages);
        var count = await database.SortedSetLengthAsync(due).ConfigureAwait(false);
        return await exists.ConfigureAwait(false) ? Math.Max(1, count) : count;
    }

    /// <summary>Redis tells no lag of a group when entries were deleted after its last one.</summary>
    private async ValueTask<long> CountAfterAsync(string id)
    {
        long total = 0;
        while (true)
        {
            var page = await StreamCalls.CountAfter(keys.Stream, id, PageSize).RunAsync(database).ConfigureAwait(false);
            var count = (long)page[0];
            total += count;
            if (count < PageSize)
            {
                return total;
            }

            id = (string)page[1]!;
        }
    }
}
