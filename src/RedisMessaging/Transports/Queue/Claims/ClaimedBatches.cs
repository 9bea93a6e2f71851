using System.Globalization;
using RedisMessaging.Consuming.Deduplication;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Scripting;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue.Claims;

/// <summary>
/// A consumer's lots (<see cref="ClaimedBatch"/>). An ack leaves a lot where it is; for whatever else is to become of a message it is made a claim like all others first.
/// </summary>
internal sealed class ClaimedBatches(TransportContext context, QueueKeys keys, ReceiverOptions subscription)
{
    // What a lot costs more than other claims (keys of its own, another command) is what so many bytes cost on their way through Lua.
    private const int WorthIt = 16 * 1024;
    private const int MostNeeded = 16;

    private readonly Lock _lock = new();
    private readonly List<ClaimedBatch> _lots = [];
    private readonly RedisKey _claims = keys.Claims(subscription.Consumer);
    private readonly RedisKey _key = keys.ClaimedBatches(subscription.Consumer);
    private readonly RedisKey _lists = keys.ClaimedBatchLists(subscription.Consumer);
    private readonly RedisKey _inbox = keys.Inbox(subscription.Group);
    private readonly int? _smallest = (context.Options as QueueOptions)?.SmallestLot;
    private long _messageBytes = 1;

    /// <summary>From how many messages on a claim is to be a lot. Of a shared list none is: each message has its mark looked up.</summary>
    public int Smallest => keys.IsShared ? int.MaxValue : _smallest ?? (int)Math.Clamp(WorthIt / _messageBytes, 1, MostNeeded);

    public RedisKey ListOf(long first) => _lists.Append(first.ToString(CultureInfo.InvariantCulture));

    /// <summary>The messages of a claim were so large, on average.</summary>
    public void NoteSize(long bytes, int messages) => _messageBytes = Math.Max(1, bytes / messages);

    public void Add(long first, int count)
    {
        lock (_lock)
        {
            _lots.Add(new ClaimedBatch(first, count, ListOf(first)));
        }
    }

    /// <summary>Messages of our lots that we don't have, because a reply was lost on the way, become claims like all others.</summary>
    public async ValueTask UnpackUnknownAsync(ReadingConnection connection)
    {
        var firsts = await connection.RunAsync("HKEYS", database => database.HashKeysAsync(_key)).ConfigureAwait(false);
        foreach (var first in firsts)
        {
            if (!Knows((long)first))
            {
                await connection.RunAsync("unpacking", database => QueueCalls.UnpackBatch(_claims, _key, ListOf((long)first), first, Array.Empty<RedisValue>()).RunAsync(database)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Finds those of a batch that are in lots.</summary>
    /// <param name="others">Those that are not; <see langword="null"/> when there are none.</param>
    /// <returns><see langword="null"/> when there are none.</returns>
    public List<ClaimedBatchPart>? Divide(ReadOnlySpan<Settlement> batch, out List<Settlement>? others)
    {
        List<ClaimedBatchPart>? parts = null;
        others = null;
        lock (_lock)
        {
            if (_lots.Count == 0)
            {
                return null;
            }

            foreach (ref readonly var settlement in batch)
            {
                var number = (long)settlement.Delivery.Receipt;
                if (Find(number) is not { } lot || !lot.Has(number))
                {
                    (others ??= []).Add(settlement);
                    continue;
                }

                parts ??= [];
                if (parts.Find(part => part.Lot == lot) is not { } part)
                {
                    parts.Add(part = new ClaimedBatchPart(lot, batch.Length));
                }

                part.Numbers.Add(number);
                if (settlement.HandledId is { } id)
                {
                    part.Ids.Add(id);
                }
            }
        }

        return parts;
    }

    /// <param name="window">For how long ids are remembered, if they are.</param>
    /// <returns>How many were owned.</returns>
    public async Task<int> AckAsync(List<ClaimedBatchPart> parts, TimeSpan? window)
    {
        var lists = new RedisKey[parts.Count];
        var acks = new List<RedisValue>(5 * parts.Count);
        var stays = new int?[parts.Count];
        lock (_lock)
        {
            for (var i = 0; i < parts.Count; i++)
            {
                lists[i] = parts[i].Lot.List;
                stays[i] = AddAck(parts[i], acks);
            }
        }

        var remembered = window is { } time ? (long)time.TotalMilliseconds : RedisValue.EmptyString;
        var owned = (int)await QueueCalls.AckBatches(_key, _inbox, lists, remembered, acks).RunAsync(context.Connections.Database).ConfigureAwait(false);
        lock (_lock)
        {
            for (var i = 0; i < parts.Count; i++)
            {
                Leave(parts[i]);
                parts[i].Lot.Shorten(stays[i] ?? int.MaxValue);
            }
        }

        return owned;
    }

    /// <summary>Makes messages claims like all others.</summary>
    public async Task UnpackAsync(List<ClaimedBatchPart> parts)
    {
        foreach (var part in parts)
        {
            var messages = new VariadicArguments(room: 1, count: 2 * part.Numbers.Count);
            for (var i = 0; i < part.Numbers.Count; i++)
            {
                messages.Values[2 * i] = part.Numbers[i];
                messages.Values[(2 * i) + 1] = part.Lot.IndexOf(part.Numbers[i]);
            }

            var call = QueueCalls.UnpackBatch(_claims, _key, part.Lot.List, part.Lot.First, messages);
            await call.RunAsync(context.Connections.Database).ConfigureAwait(false);
            lock (_lock)
            {
                Leave(part);
            }
        }
    }

    /// <summary>A message is not held any more.</summary>
    public void Forget(long number)
    {
        lock (_lock)
        {
            if (Find(number) is { } lot && !lot.Forget())
            {
                _lots.Remove(lot);
            }
        }
    }

    private static void Leave(ClaimedBatchPart part)
    {
        foreach (var number in part.Numbers)
        {
            part.Lot.Leave(number);
        }
    }

    /// <returns>How many elements will stay in the list, when it is cut.</returns>
    private static int? AddAck(ClaimedBatchPart part, List<RedisValue> arguments)
    {
        var stay = part.Lot.Cut(part.Numbers, out var holes);
        arguments.Add(part.Lot.First);
        arguments.Add(part.Numbers.Count);
        arguments.Add(stay ?? RedisValue.EmptyString);
        arguments.Add(holes);
        foreach (var number in part.Numbers[^holes..])
        {
            arguments.Add(part.Lot.IndexOf(number));
        }

        arguments.Add(part.Ids.Count);
        arguments.AddRange(part.Ids);
        return stay;
    }

    private bool Knows(long first)
    {
        lock (_lock)
        {
            return Find(first) is not null;
        }
    }

    /// <summary>The lot that a message was claimed with. They are in the order of their numbers.</summary>
    private ClaimedBatch? Find(long number)
    {
        var (low, high) = (0, _lots.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_lots[middle].First <= number)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && _lots[low - 1].Contains(number) ? _lots[low - 1] : null;
    }
}
