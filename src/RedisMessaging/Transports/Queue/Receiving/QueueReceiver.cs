using System.Globalization;
using RedisMessaging.Background;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Requests;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Queue.Claims;
using RedisMessaging.Transports.Queue.Settling;
using RedisMessaging.Transports.Streams.Reading;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Queue.Receiving;

/// <summary>
/// A consumer of a queue. What it takes is moved, on the server and in one step, into a hash of its own; an ack removes it from there by number. Many or large messages are
/// moved into a list instead (<see cref="ClaimedBatch"/>), which no script has to carry. While there is work, one script call claims a batch; only when it comes back empty,
/// BLMOVE waits, and puts what arrives into a list that the next claim takes over. A consumer that was idle for a while waits for a bell instead (<see cref="QueueWaker"/>), which takes
/// no connection of its own.
/// The lease is the consumer's: each claim and each renewal is a sign of life, and others give back what a silent one holds.
/// </summary>
internal sealed class QueueReceiver : IReceiver
{
    // Lua can't unpack more than a few thousand arguments; larger batches gain little.
    private const int MaxClaim = 250;
    private static readonly TimeSpan ParkMargin = TimeSpan.FromSeconds(1);
    // Longer than anybody sleeps between two looks; a consumer that dies leaves the note behind.
    private static readonly TimeSpan NoteStands = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AwakeUnrung = TimeSpan.FromHours(1);

    private readonly TransportContext _context;
    private readonly QueueKeys _keys;
    private readonly ReceiverOptions _subscription;
    private readonly ReadingConnection _connection;
    private readonly QueueWaker _bell;
    private readonly RedisKey _claims;
    private readonly RedisKey _blockedPops;
    private readonly RedisKey _batches;
    private readonly ClaimedBatches _lots;
    private readonly QueueSettler _settler;
    private readonly QueueReaper _reaper;
    private readonly AdaptiveBlockTimeout _block;
    private readonly Backoff _backoff;
    private readonly IntervalTimer _selfCheckDue;
    private readonly CancellationTokenSource _closing = new();
    private readonly IntervalTimer _noteDue;
    private readonly ReadSize _size;
    private readonly LongRead _longRead;
    private readonly string[] _wakePosition = new string[1];
    private bool _isNoted;
    private bool _looksUnrung;
    private long _nextClaim = 1;

    /// <summary>Handed out, and on its way into the claims; 0: nothing is.</summary>
    private long _beingClaimed;

    /// <summary>Of what BLMOVE brought and was handed out already.</summary>
    private Task<ClaimReply>? _claiming;

    /// <summary>The last claim brought less than it asked for: there is nothing left but what comes.</summary>
    private bool _isDrained;
    private bool _expectsLot;

    /// <summary>There is more, and only its size kept it from being claimed with the last ones.</summary>
    private bool _isCutShort;
    private long _parkedUntil;

    public QueueReceiver(TransportContext context, QueueKeys keys, ReceiverOptions subscription, TimeSpan lease, QueueWaker bell, ReadingConnection connection)
    {
        _context = context;
        _keys = keys;
        _subscription = subscription;
        _bell = bell;
        _connection = connection;
        _claims = keys.Claims(subscription.Consumer);
        _blockedPops = keys.BlockedPops(subscription.Consumer);
        _batches = keys.ClaimedBatches(subscription.Consumer);
        _lots = new ClaimedBatches(context, keys, subscription);
        _settler = new QueueSettler(context, keys, subscription, _lots, lease, bell);
        _reaper = new QueueReaper(context, keys, subscription, lease, bell);
        _block = new AdaptiveBlockTimeout(lease / 3);
        _backoff = new Backoff(context.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        _selfCheckDue = new IntervalTimer(context.Time, lease / 3);
        _noteDue = new IntervalTimer(context.Time, NoteStands / 3);
        _size = new ReadSize(context.Time);
        _longRead = new LongRead(context.Time, lease, _settler.ShowLifeAsync);
    }

    public async ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, ReceiveBounds bounds, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await _connection.PrepareAsync(cancellationToken).ConfigureAwait(false);
                var received = _claiming is { } claiming ? await FinishClaimAsync(claiming, buffer, cancellationToken).ConfigureAwait(false) : 0;
                if (received == 0 && _selfCheckDue.IsDue)
                {
                    received = await RecoverOwnAsync(buffer, bounds.Bytes, cancellationToken).ConfigureAwait(false);
                }

                if (received == 0)
                {
                    // What it gives back is rung for behind that.
                    _looksUnrung &= bounds.NewOnly || await _reaper.ReapWhenDueAsync().ConfigureAwait(false) == 0;
                    received = _isDrained && !_connection.IsParked ? 0 : await ClaimAsync(buffer, bounds.Bytes, cancellationToken).ConfigureAwait(false);
                    _isDrained &= received > 0;
                }

                _backoff.Reset();
                if (received > 0)
                {
                    await NoteArrivalAsync(received, full: _isCutShort || (received == buffer.Length && received > 1)).ConfigureAwait(false);
                    return received;
                }

                if (_connection.IsParked)
                {
                    await WaitForRingAsync(cancellationToken).ConfigureAwait(false);
                }
                else if (await WaitForArrivalAsync(cancellationToken).ConfigureAwait(false) is { IsNull: false } arrived && MayHandOutUnclaimed)
                {
                    buffer.Span[0] = BeginClaim(arrived, buffer.Length, bounds.Bytes);
                    await NoteArrivalAsync(1, full: false).ConfigureAwait(false);
                    return 1;
                }
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                NoteFault(error);
                _isNoted = false;
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
            if (_claiming is { } claiming && await FinishClaimAsync(claiming, buffer, cancellationToken).ConfigureAwait(false) is > 0 and var claimed)
            {
                return claimed;
            }

            if (_selfCheckDue.IsDue && await RecoverOwnAsync(buffer, ReadSize.MostBytes, cancellationToken).ConfigureAwait(false) is > 0 and var recovered)
            {
                return recovered;
            }

            var parked = await _connection.RunAsync("LLEN", database => database.ListLengthAsync(_blockedPops), cancellationToken).ConfigureAwait(false);
            // A claim takes what is parked before what waits.
            return parked == 0 ? 0 : await ClaimAsync(buffer[..(int)Math.Min(parked, buffer.Length)], ReadSize.MostBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            NoteFault(error);
            return 0;
        }
    }

    public async ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken)
    {
        if (_claiming is { IsCompleted: false } claiming)
        {
            // It goes over another connection, and what is settled may be what is being claimed.
            await claiming.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return await _settler.SettleAsync(batch).ConfigureAwait(false);
    }

    public int Renew(ILeaseConnection connection, ReadOnlyMemory<Settlement> batch)
    {
        // What is being claimed is handed out already: asked for now, it would seem to be lost. Whether the claim is through can't be waited for here.
        if (Volatile.Read(ref _beingClaimed) is not 0 and var number && Array.FindAll(batch.ToArray(), one => (long)one.Delivery.Receipt != number) is var others && others.Length < batch.Length)
        {
            return batch.Length - others.Length + _settler.Renew(connection, others);
        }

        return _settler.Renew(connection, batch);
    }

    public bool IsFresh(in Delivery delivery) => _settler.IsFresh((long)delivery.Receipt);

    public async ValueTask DisposeAsync()
    {
        if (_claiming is { } claiming)
        {
            // What it claims behind the giving back would stay here.
            await _closing.CancelAsync().ConfigureAwait(false);
            await ((Task)claiming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _longRead.DisposeAsync().ConfigureAwait(false);
        try
        {
            await _context.Connections.SayGoodbyeAsync(GiveBackAsync).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            Log.QueueLeaveFailed(_context.Logger, _context.Topic, _subscription.Group, error);
        }

        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task GiveBackAsync(IDatabase database)
    {
        // What may still be parked on the server needs the registration: it is left for the others to clear away.
        var tombstone = _context.Time.GetTimestamp() < _parkedUntil ? long.MaxValue : 0;
        var given = await QueueCalls.GiveBack(
            _keys.Waiting,
            _claims,
            _blockedPops,
            _keys.Consumers,
            _batches,
            _keys.SharedAttempts,
            _subscription.Consumer,
            lease: 0,
            tombstone: tombstone,
            isDead: 0,
            listsStart: (string?)_keys.ClaimedBatchLists(_subscription.Consumer)).RunAsync(database).ConfigureAwait(false);
        if ((long)given > 0)
        {
            _bell.Ring();
        }
    }

    /// <summary>Not while something else may come to stand beside it.</summary>
    private bool MayHandOutUnclaimed => !_keys.IsShared && _context.Time.GetTimestamp() >= _parkedUntil;

    private async Task<int> ClaimAsync(Memory<Delivery> buffer, long bytes, CancellationToken cancellationToken)
    {
        var wanted = _size.CountWhereBytesAreBounded(Math.Min(buffer.Length, MaxClaim), bytes);
        var sentAt = _context.Time.GetTimestamp();
        var (first, taken, lot, isCutShort) = await SendClaimAsync(NumbersFor(wanted), wanted, Math.Min(bytes, _size.Bytes), seen: false, cancellationToken).ConfigureAwait(false);
        _isCutShort = isCutShort || wanted < Math.Min(buffer.Length, MaxClaim);
        if (lot is not null)
        {
            return await TakeLotAsync(first, (int)taken!, lot, buffer, bytes, sentAt, cancellationToken).ConfigureAwait(false);
        }

        var size = 0L;
        for (var i = 0; i < taken!.Length; i++)
        {
            buffer.Span[i] = ToDelivery(first + i, (RedisValue)taken[i]);
            size += buffer.Span[i].Frame.Length;
        }

        NoteSize(taken.Length, size, sentAt);
        _isDrained = taken.Length < wanted && !isCutShort;
        _isCutShort &= !_isDrained;
        return taken.Length;
    }

    private void NoteSize(int messages, long bytes, long? sentAt)
    {
        if (messages > 0)
        {
            _lots.NoteSize(bytes, messages);
            _size.Note(messages, bytes, sentAt);
        }
    }

    /// <summary>
    /// Hands out what BLMOVE brought while it is made a claim, which saves a round trip when messages come one by one. It is safe where it is parked, and settling waits for the claim.
    /// </summary>
    private Delivery BeginClaim(RedisValue arrived, int room, long bytes)
    {
        var wanted = _size.CountWhereBytesAreBounded(Math.Min(room, MaxClaim), bytes);
        var first = NumbersFor(wanted);
        Volatile.Write(ref _beingClaimed, first);
        _claiming = ClaimArrivedAsync(first, wanted, Math.Min(bytes, _size.Bytes));
        return ToDelivery(first, arrived);
    }

    /// <summary>Again and again until Redis answers: claimed under another number later, it would be handled twice. A call that is repeated finds nothing parked.</summary>
    private async Task<ClaimReply> ClaimArrivedAsync(long first, int wanted, long bytes)
    {
        var backoff = new Backoff(_context.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        while (true)
        {
            try
            {
                var reply = await SendClaimAsync(first, wanted, bytes, seen: true, _closing.Token).ConfigureAwait(false);
                Volatile.Write(ref _beingClaimed, 0);
                return reply;
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                NoteFault(error);
                // What else it may have claimed is found by a look at our own claims.
                wanted = 1;
                await backoff.WaitAsync(_closing.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What else the claim brought. Nothing when something else was parked than what was seen: all of it is claimed anew then, and a verdict on what was handed out comes too late.</summary>
    private async Task<int> FinishClaimAsync(Task<ClaimReply> claiming, Memory<Delivery> buffer, CancellationToken cancellationToken)
    {
        var reply = await claiming.WaitAsync(cancellationToken).ConfigureAwait(false);
        _claiming = null;
        if (reply.Taken is not { } taken)
        {
            return 0;
        }

        _isDrained = !reply.IsCutShort;
        _isCutShort = reply.IsCutShort;
        var count = Math.Min(taken.Length - 1, buffer.Length);
        var size = 0L;
        for (var i = 0; i < count; i++)
        {
            buffer.Span[i] = ToDelivery(reply.First + 1 + i, (RedisValue)taken[i + 1]);
            size += buffer.Span[i].Frame.Length;
        }

        NoteSize(count, size, sentAt: null);

        if (count < taken.Length - 1)
        {
            _selfCheckDue.Force();
        }

        return count;
    }

    /// <summary>Never used twice, also when a reply gets lost.</summary>
    private long NumbersFor(int wanted)
    {
        var first = _nextClaim;
        _nextClaim += wanted;
        return first;
    }

    private async Task<ClaimReply> SendClaimAsync(long first, int wanted, long bytes, bool seen, CancellationToken cancellationToken)
    {
        var sentAt = _context.Time.GetTimestamp();
        _longRead.Begin();
        try
        {
            var (reply, lot) = await _connection.RunAsync("claiming", database => ClaimAsync(database, first, wanted, bytes, seen), cancellationToken).ConfigureAwait(false);
            _settler.NoteRenewal(sentAt, anew: (bool)reply[0]);
            return new ClaimReply(first, reply.Length > 1 ? reply[1] : null, lot, reply.Length > 2 && (bool)reply[2]);
        }
        finally
        {
            _longRead.End();
        }
    }

    /// <summary>The reply that was lost may have been a claim's: its messages are ours and we have not seen them.</summary>
    private void NoteFault(Exception error)
    {
        _selfCheckDue.Force();
        _size.NoteFault();
        _context.Instruments.ReceiveFaults.Add(1, Instruments.Consumer(_context.Topic, _subscription.Group));
        Log.QueueReceiveFault(_context.Logger, _context.Topic, _subscription.Group, RedisErrors.Classify(error), error);
    }

    /// <returns>The claim's reply, and what is in the list of a lot.</returns>
    private async Task<(RedisResult Reply, RedisValue[]? Lot)> ClaimAsync(IDatabase database, long first, int wanted, long bytes, bool seen)
    {
        var list = _lots.ListOf(first);
        var claiming = QueueCalls.Claim(
            _keys.Waiting,
            _claims,
            _blockedPops,
            _keys.Consumers,
            _batches,
            newBatch: list,
            _keys.SharedAttempts,
            _subscription.Consumer,
            firstClaim: first,
            count: wanted,
            minBatch: _lots.Smallest,
            isSeen: seen,
            maxBytes: bytes).RunAsync(database);
        // After a lot another one is likely: asked for in the same round trip.
        var reading = _expectsLot && !seen ? database.ListRangeAsync(list, flags: CommandFlags.DemandMaster) : null;
        try
        {
            var reply = await claiming.ConfigureAwait(false);
            _expectsLot = reply.Length > 1 && reply[1].Resp2Type == ResultType.Integer;
            return (reply, _expectsLot ? await (reading ?? database.ListRangeAsync(list, flags: CommandFlags.DemandMaster)).ConfigureAwait(false) : null);
        }
        finally
        {
            if (reading is not null)
            {
                FireAndForget.Observe(reading);
            }
        }
    }

    private async Task<int> TakeLotAsync(long first, int count, RedisValue[] newestFirst, Memory<Delivery> buffer, long bytes, long sentAt, CancellationToken cancellationToken)
    {
        if (newestFirst.Length != count)
        {
            // Somebody took it between the two commands, or a primary that does not know of it took over.
            return await RecoverOwnAsync(buffer, bytes, cancellationToken).ConfigureAwait(false);
        }

        _lots.Add(first, count);
        var size = 0L;
        for (var i = 0; i < count; i++)
        {
            buffer.Span[i] = ToDelivery(first + i, newestFirst[count - 1 - i]);
            size += buffer.Span[i].Frame.Length;
        }

        NoteSize(count, size, sentAt);
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
            Log.QueueNotWoken(_context.Logger, _context.Topic, _subscription.Group, received);
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
        var reply = await _connection.RunAsync(
            "XREVRANGE",
            database => QueueCalls.NoteWaiting(_keys.WaitingConsumers, _keys.Wake, (long)NoteStands.TotalMilliseconds).RunAsync(database)).ConfigureAwait(false);
        _wakePosition[0] = (string)reply[0]!;
        _isNoted = true;
        _noteDue.Restart();
        return (bool)reply[1];
    }

    private async Task<RedisValue> WaitForArrivalAsync(CancellationToken cancellationToken)
    {
        var block = _block.Next();
        try
        {
            var reply = await _connection.BlockAsync(
                _keys.Waiting,
                block,
                "BLMOVE",
                [_keys.Waiting, _blockedPops, "RIGHT", "LEFT", block.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)],
                cancellationToken).ConfigureAwait(false);
            return reply.IsNull ? RedisValue.Null : (RedisValue)reply;
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error) && RedisErrors.MayHaveBeenStored(error))
        {
            // A server that did not see the connection end stays parked on it, whatever later calls do.
            _parkedUntil = _context.Time.GetTimestamp() + (long)((block + ParkMargin).TotalSeconds * _context.Time.TimestampFrequency);
            throw;
        }
    }

    /// <summary>Messages in our own claims that we don't have: their reply was lost on the way. Some of them, if they are large: it stays due until there are none.</summary>
    private async Task<int> RecoverOwnAsync(Memory<Delivery> buffer, long bytes, CancellationToken cancellationToken)
    {
        await _lots.UnpackUnknownAsync(_connection).ConfigureAwait(false);
        var claimed = await _connection.RunAsync("HKEYS", database => database.HashKeysAsync(_claims), cancellationToken).ConfigureAwait(false);
        var missing = claimed.Where(number => !_settler.Holds((long)number)).OrderBy(number => (long)number).Take(_size.CountFor(buffer.Length, bytes)).ToArray();
        if (missing.Length == 0)
        {
            _selfCheckDue.Restart();
            return 0;
        }

        var sentAt = _context.Time.GetTimestamp();
        _longRead.Begin();
        RedisValue[] values;
        try
        {
            values = await _connection.RunAsync("HMGET", database => database.HashGetAsync(_claims, missing), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _longRead.End();
        }

        var received = 0;
        var size = 0L;
        for (var i = 0; i < missing.Length; i++)
        {
            // Gone when it was settled between the two commands.
            if (!values[i].IsNull)
            {
                buffer.Span[received] = ToDelivery((long)missing[i], values[i]);
                size += buffer.Span[received++].Frame.Length;
            }
        }

        NoteSize(received, size, sentAt);

        _looksUnrung = false;
        Log.QueueRecoveredOwn(_context.Logger, _context.Topic, _subscription.Group, received);
        return received;
    }

    private Delivery ToDelivery(long number, RedisValue element)
    {
        var mark = AttemptPrefix.Read(element, out var frame);
        _settler.Hold(number);
        return new Delivery
        {
            Frame = frame,
            Receipt = number,
            Channel = _subscription.Address,
            Starts = mark.Starts,
            Redelivered = mark.Redelivered,
            IsSuspect = mark.IsSuspect,
        };
    }

    /// <param name="First">The first claim number.</param>
    /// <param name="Taken">What was claimed, or how many when they became a lot.</param>
    /// <param name="Lot">What is in the list of the lot.</param>
    /// <param name="IsCutShort">There is more, which would have been too many bytes.</param>
    private sealed record ClaimReply(long First, RedisResult? Taken, RedisValue[]? Lot, bool IsCutShort);
}
