using System.Globalization;
using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue;

/// <summary>
/// A consumer of a queue. What it takes is moved, on the server and in one step, into a hash of its own; an ack removes it from there by number. Many or large messages are
/// moved into a list instead (<see cref="ClaimedLot"/>), which no script has to carry. While there is work, one script call claims a batch; only when it comes back empty,
/// BLMOVE waits, and puts what arrives into a list that the next claim takes over. A consumer that was idle for a while waits for a bell instead (<see cref="QueueBell"/>), which takes
/// no connection of its own.
/// The lease is the consumer's: each claim and each renewal is a sign of life, and others give back what a silent one holds.
/// </summary>
internal sealed class QueueReceiver : IReceiver
{
    // Lua can't unpack more than some thousands of arguments; beyond 100 a batch gains little.
    private const int MaxClaim = 250;
    private static readonly TimeSpan ParkMargin = TimeSpan.FromSeconds(1);
    // Longer than anybody sleeps between two looks; a consumer that dies leaves the note behind.
    private static readonly TimeSpan NoteStands = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AwakeUnrung = TimeSpan.FromHours(1);

    private readonly TransportContext _context;
    private readonly QueueKeys _keys;
    private readonly Subscription _subscription;
    private readonly ReadingConnection _connection;
    private readonly QueueBell _bell;
    private readonly RedisKey[] _claimKeys;
    private readonly RedisKey _claims;
    private readonly QueueLots _lots;
    private readonly QueueSettler _settler;
    private readonly QueueReaper _reaper;
    private readonly BlockTime _block;
    private readonly Backoff _backoff;
    private readonly DueTime _selfCheckDue;
    private readonly DueTime _noteDue;
    private readonly string[] _wakePosition = new string[1];
    private bool _isNoted;
    private bool _looksUnrung;
    private long _nextClaim = 1;
    private bool _expectsLot;
    private long _parkedUntil;

    public QueueReceiver(TransportContext context, QueueKeys keys, Subscription subscription, TimeSpan lease, QueueBell bell, ReadingConnection connection)
    {
        _context = context;
        _keys = keys;
        _subscription = subscription;
        _bell = bell;
        _connection = connection;
        _claims = keys.Claims(subscription.Consumer);
        _claimKeys = keys.WithMarks(keys.Waiting, _claims, keys.Arrivals(subscription.Consumer), keys.Consumers, keys.Lots(subscription.Consumer));
        _lots = new QueueLots(context, keys, subscription);
        _settler = new QueueSettler(context, keys, subscription, _lots, lease, bell);
        _reaper = new QueueReaper(context, keys, subscription, lease, bell);
        _block = new BlockTime(lease / 3);
        _backoff = new Backoff(context.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        _selfCheckDue = new DueTime(context.Time, lease / 3);
        _noteDue = new DueTime(context.Time, NoteStands / 3);
    }

    public async ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await _connection.PrepareAsync(cancellationToken).ConfigureAwait(false);
                var received = _selfCheckDue.IsDue ? await RecoverOwnAsync(buffer).ConfigureAwait(false) : 0;
                if (received == 0)
                {
                    // What it gives back is rung for behind that.
                    _looksUnrung &= await _reaper.ReapWhenDueAsync().ConfigureAwait(false) == 0;
                    received = await ClaimAsync(buffer).ConfigureAwait(false);
                }

                _backoff.Reset();
                if (received > 0)
                {
                    await NoteArrivalAsync(received, full: received == buffer.Length && received > 1).ConfigureAwait(false);
                    return received;
                }

                await (_connection.IsParked ? WaitForRingAsync(cancellationToken) : WaitForArrivalAsync(cancellationToken)).ConfigureAwait(false);
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                // The reply that was lost may have been a claim's: its messages are ours and we have not seen them.
                _selfCheckDue.Force();
                _isNoted = false;
                _context.Instruments.ReceiveFaults.Add(1, Instruments.Consumer(_context.Topic, _subscription.Group));
                Log.QueueReceiveFault(_context.Logger, _context.Topic, _subscription.Group, RedisErrors.Classify(error), error);
                await _backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Unlike a read, it is no sign of life: a consumer that holds nothing may lose its registration, and the next claim registers it anew. What is held has its lease renewed,
    /// and that is one.
    /// </summary>
    public async ValueTask<int> ReceiveOwnAsync(Memory<Delivery> buffer, CancellationToken cancellationToken)
    {
        try
        {
            if (_selfCheckDue.IsDue && await RecoverOwnAsync(buffer).ConfigureAwait(false) is > 0 and var recovered)
            {
                return recovered;
            }

            var parked = await _connection.RunAsync("LLEN", database => database.ListLengthAsync(_claimKeys[2])).ConfigureAwait(false);
            // A claim takes what is parked before what waits.
            return parked == 0 ? 0 : await ClaimAsync(buffer[..(int)Math.Min(parked, buffer.Length)]).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            _selfCheckDue.Force();
            _context.Instruments.ReceiveFaults.Add(1, Instruments.Consumer(_context.Topic, _subscription.Group));
            Log.QueueReceiveFault(_context.Logger, _context.Topic, _subscription.Group, RedisErrors.Classify(error), error);
            return 0;
        }
    }

    public ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken) => _settler.SettleAsync(batch);

    public async ValueTask DisposeAsync()
    {
        try
        {
            // What may still be parked on the server needs the registration: it is left for the others to clear away.
            var tombstone = _context.Time.GetTimestamp() < _parkedUntil ? long.MaxValue : 0;
            if ((long)await _context.Connections.Database.ScriptEvaluateAsync(QueueScripts.GiveBack, _claimKeys, [_subscription.Consumer, 0, tombstone, 0, (string?)_keys.LotLists(_subscription.Consumer)]).ConfigureAwait(false) > 0)
            {
                _bell.Ring();
            }
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            Log.QueueLeaveFailed(_context.Logger, _context.Topic, _subscription.Group, error);
        }

        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<int> ClaimAsync(Memory<Delivery> buffer)
    {
        var wanted = Math.Min(buffer.Length, MaxClaim);
        var first = _nextClaim;
        // Numbers are never used twice, also when the reply gets lost.
        _nextClaim += wanted;
        var sentAt = _context.Time.GetTimestamp();
        var (reply, lot) = await _connection.RunAsync("claiming", database => ClaimAsync(database, first, wanted)).ConfigureAwait(false);
        _settler.NoteRenewal(sentAt, anew: (bool)reply[0]);
        if (lot is not null)
        {
            return await TakeLotAsync(first, (int)reply[1], lot, buffer).ConfigureAwait(false);
        }

        var taken = reply[1];
        var bytes = 0L;
        for (var i = 0; i < taken.Length; i++)
        {
            buffer.Span[i] = ToDelivery(first + i, (RedisValue)taken[i]);
            bytes += buffer.Span[i].Frame.Length;
        }

        if (taken.Length > 0)
        {
            _lots.NoteSize(bytes, taken.Length);
        }

        return taken.Length;
    }

    /// <returns>The claim's reply, and what is in the list of a lot.</returns>
    private async Task<(RedisResult Reply, RedisValue[]? Lot)> ClaimAsync(IDatabase database, long first, int wanted)
    {
        var list = _lots.ListOf(first);
        var claiming = database.ScriptEvaluateAsync(QueueScripts.Claim, [.. _claimKeys[..5], list, .. _claimKeys[5..]], [_subscription.Consumer, first, wanted, _lots.Smallest]);
        // After a lot another one is likely: asked for in the same round trip.
        var reading = _expectsLot ? database.ListRangeAsync(list, flags: CommandFlags.DemandMaster) : null;
        try
        {
            var reply = await claiming.ConfigureAwait(false);
            _expectsLot = reply[1].Resp2Type == ResultType.Integer;
            return (reply, _expectsLot ? await (reading ?? database.ListRangeAsync(list, flags: CommandFlags.DemandMaster)).ConfigureAwait(false) : null);
        }
        finally
        {
            if (reading is not null)
            {
                Abandoned.Observe(reading);
            }
        }
    }

    private async Task<int> TakeLotAsync(long first, int count, RedisValue[] newestFirst, Memory<Delivery> buffer)
    {
        if (newestFirst.Length != count)
        {
            // Somebody took it between the two commands, or a primary that does not know of it took over.
            return await RecoverOwnAsync(buffer).ConfigureAwait(false);
        }

        _lots.Add(first, count);
        var bytes = 0L;
        for (var i = 0; i < count; i++)
        {
            buffer.Span[i] = ToDelivery(first + i, newestFirst[count - 1 - i]);
            bytes += buffer.Span[i].Frame.Length;
        }

        _lots.NoteSize(bytes, count);
        return count;
    }

    /// <param name="full">There may be more.</param>
    private async ValueTask NoteArrivalAsync(int received, bool full)
    {
        _block.Shorten();
        _connection.NoteArrival(full);
        if (!_looksUnrung)
        {
            return;
        }

        _looksUnrung = false;
        if (await NoteParkedAsync().ConfigureAwait(false))
        {
            _connection.StayAwake(AwakeUnrung);
            Log.QueueNotRung(_context.Logger, _context.Topic, _subscription.Group, received);
        }
    }

    /// <summary>A ring comes only for who has said that he waits for one; and behind that he has to look once more, for what came before.</summary>
    private async Task WaitForRingAsync(CancellationToken cancellationToken)
    {
        if (!_isNoted || _noteDue.IsDue)
        {
            await NoteParkedAsync().ConfigureAwait(false);
            return;
        }

        var rung = await _connection.WaitForRingAsync(_wakePosition, _block.Next(), cancellationToken).ConfigureAwait(false);
        _isNoted = !rung;
        _looksUnrung = !rung;
    }

    /// <returns>Whether it was noted already: nobody has rung since.</returns>
    private async Task<bool> NoteParkedAsync()
    {
        var reply = await _connection.RunAsync("XREVRANGE", database => database.ScriptEvaluateAsync(QueueScripts.Park, [_keys.Parked, _keys.Wake], [(long)NoteStands.TotalMilliseconds])).ConfigureAwait(false);
        _wakePosition[0] = (string)reply[0]!;
        _isNoted = true;
        _noteDue.Restart();
        return (bool)reply[1];
    }

    private async Task WaitForArrivalAsync(CancellationToken cancellationToken)
    {
        var block = _block.Next();
        try
        {
            await _connection.BlockAsync(
                _keys.Waiting,
                block,
                "BLMOVE",
                [_keys.Waiting, _claimKeys[2], "RIGHT", "LEFT", block.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)],
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error) && RedisErrors.MayHaveBeenStored(error))
        {
            // A server that did not see the connection end stays parked on it, whatever later calls do.
            _parkedUntil = _context.Time.GetTimestamp() + (long)((block + ParkMargin).TotalSeconds * _context.Time.TimestampFrequency);
            throw;
        }
    }

    /// <summary>Messages in our own claims that we don't have: their reply was lost on the way.</summary>
    private async Task<int> RecoverOwnAsync(Memory<Delivery> buffer)
    {
        await _lots.UnpackUnknownAsync(_connection).ConfigureAwait(false);
        var claimed = await _connection.RunAsync("HKEYS", database => database.HashKeysAsync(_claims)).ConfigureAwait(false);
        var missing = claimed.Where(number => !_settler.Holds((long)number)).OrderBy(number => (long)number).Take(buffer.Length).ToArray();
        if (missing.Length == 0)
        {
            _selfCheckDue.Restart();
            return 0;
        }

        var values = await _connection.RunAsync("HMGET", database => database.HashGetAsync(_claims, missing)).ConfigureAwait(false);
        var received = 0;
        for (var i = 0; i < missing.Length; i++)
        {
            // Gone when it was settled between the two commands.
            if (!values[i].IsNull)
            {
                buffer.Span[received++] = ToDelivery((long)missing[i], values[i]);
            }
        }

        _looksUnrung = false;
        Log.QueueRecoveredOwn(_context.Logger, _context.Topic, _subscription.Group, received);
        return received;
    }

    private Delivery ToDelivery(long number, RedisValue element)
    {
        var mark = QueueMark.Read(element, out var frame);
        _settler.Hold(number);
        return new Delivery
        {
            Frame = frame,
            Receipt = number,
            Channel = _subscription.Address,
            Starts = mark.Starts,
            Redelivered = mark.Redelivered,
        };
    }
}
