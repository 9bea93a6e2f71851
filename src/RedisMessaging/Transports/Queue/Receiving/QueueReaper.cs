using RedisMessaging.Background;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Reading;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue.Receiving;

/// <summary>Gives back what dead consumers hold. Every consumer looks now and then; the script lets one of them do it.</summary>
internal sealed class QueueReaper(TransportContext context, QueueKeys keys, ReceiverOptions subscription, TimeSpan lease, QueueWaker bell)
{
    /// <summary>A dead consumer's BLMOVE may stay parked for its BLOCK, and on a half-open link longer: its registration outlives it.</summary>
    private static readonly TimeSpan TombstoneMargin = TimeSpan.FromMinutes(1);

    private readonly IntervalTimer _due = new(context.Time, lease / 4);

    /// <returns>How many messages were given back.</returns>
    public async ValueTask<long> ReapWhenDueAsync()
    {
        if (!_due.IsDue)
        {
            return 0;
        }

        _due.Restart();
        var database = context.Connections.Database;
        var expired = (RedisValue[]?)await QueueCalls.ExpiredConsumers(keys.Consumers, (long)lease.TotalMilliseconds).RunAsync(database).ConfigureAwait(false);
        await DeadLetterTrim.WhenAgeIsLimitedAsync(context, database, Instruments.Topic(context.Topic)).ConfigureAwait(false);
        var reaped = 0L;
        foreach (var consumer in expired ?? [])
        {
            if (consumer != subscription.Consumer)
            {
                reaped += await ReapAsync(database, consumer!).ConfigureAwait(false);
            }
        }

        return reaped;
    }

    private async Task<long> ReapAsync(IDatabase database, string consumer)
    {
        var returned = (long)await QueueCalls.GiveBack(
            keys.Waiting,
            keys.Claims(consumer),
            keys.BlockedPops(consumer),
            keys.Consumers,
            keys.ClaimedBatches(consumer),
            keys.SharedAttempts,
            consumer,
            lease: (long)lease.TotalMilliseconds,
            tombstone: (long)((2 * lease) + TombstoneMargin).TotalMilliseconds,
            isDead: 1,
            listsStart: (string?)keys.ClaimedBatchLists(consumer)).RunAsync(database).ConfigureAwait(false);
        if (returned > 0)
        {
            bell.Ring();
            Log.QueueReaped(context.Logger, context.Topic, subscription.Group, returned, consumer);
        }

        return returned;
    }
}
