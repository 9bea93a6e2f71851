using RedisMessaging.Background;
using RedisMessaging.Consuming.Leases;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Groups;
using RedisMessaging.Transports.Streams.Reading;
using RedisMessaging.Transports.Streams.Recovery;
using RedisMessaging.Transports.Streams.Settling;
using RedisMessaging.Transports.Streams.Trimming;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams;

/// <summary>
/// One consumer of a group. Its sources, in their order: what it has received already, entries whose consumer died, its own that never arrived, and
/// what is new.
/// </summary>
internal sealed class StreamReceiver : IReceiver
{
    private readonly StreamConsumer _consumer;
    private readonly StreamKeys _keys;
    private readonly ReadingConnection _connection;
    private readonly ConsumerGroup _group;
    private readonly BroadcastNameLease? _name;
    private readonly OwnedEntries _held;
    private readonly RecoveredEntries _recovered;
    private readonly EntryBuffer _arrivals;
    private readonly EntryReader _reader;
    private readonly PendingReclaimer _reclaimer;
    private readonly ReadClaims _claims;
    private readonly LostReplyRecovery _ownPending;
    private readonly StreamSettler _settler;
    private readonly ReceiveFaults _faults;
    private readonly StreamTrimmer _trimmer;
    private readonly ReadSize _size;
    private readonly LongRead _longRead;
    private string? _tended;
    private bool _groupLost;
    private bool _disposed;

    private StreamReceiver(StreamConsumer consumer, StreamKeys keys, StreamTrimmer trimmer, ConsumerGroup group, BroadcastNameLease? name, ReadingConnection connection)
    {
        _consumer = consumer;
        _keys = keys;
        _trimmer = trimmer;
        _group = group;
        _name = name;
        _connection = connection;
        _held = new OwnedEntries(consumer.Context.Time, consumer.Lease);
        _arrivals = new EntryBuffer(consumer, _held);
        _recovered = new RecoveredEntries(consumer, _held, _arrivals);
        _size = new ReadSize(consumer.Context.Time);
        _claims = new ReadClaims(consumer, connection);
        _reader = new EntryReader(consumer, connection, _arrivals, _recovered, _size, _claims);
        _reclaimer = new PendingReclaimer(consumer, connection, _recovered, _size, _claims);
        _ownPending = new LostReplyRecovery(consumer, connection, _recovered, _held, _size);
        _settler = new StreamSettler(consumer, _held, name);
        _longRead = new LongRead(consumer.Context.Time, consumer.Lease, () => StreamKeeper.KeepAsync(consumer));
        _faults = new ReceiveFaults(consumer);
    }

    public static async ValueTask<StreamReceiver> OpenAsync(TransportContext context, StreamKeys keys, StreamTrimmer trimmer, ReceiverOptions subscription, CancellationToken cancellationToken)
    {
        var consumer = new StreamConsumer(context, keys, subscription);
        var database = await context.Connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await TopicCheck.ForConsumerAsync(context, database, StreamLayout.Of(keys, consumer.Group, inbox: subscription.InboxWindow is not null)).ConfigureAwait(false);
        if (subscription.Broadcast)
        {
            await BroadcastGroups.DropAbandonedAsync(consumer, keys, database).ConfigureAwait(false);
        }

        var name = subscription.BroadcastName is null ? null : await BroadcastNameLease.TakeAsync(consumer, keys, database, cancellationToken).ConfigureAwait(false);
        ReadingConnection? connection = null;
        try
        {
            connection = await ReadingConnection.OpenAsync(context.Connections, context.Topic, [keys.Stream, consumer.Retry], context.Time, context.Logger, cancellationToken).ConfigureAwait(false);
            var group = new ConsumerGroup(consumer);
            await group.OpenAsync().ConfigureAwait(false);
            if (name is not null)
            {
                await group.RemoveOthersAsync().ConfigureAwait(false);
            }

            return new StreamReceiver(consumer, keys, trimmer, group, name, connection);
        }
        catch
        {
            await CloseAsync(connection, name).ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask<int> ReceiveAsync(Memory<Delivery> buffer, ReceiveBounds bounds, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (true)
        {
            try
            {
                if (_name is not null)
                {
                    await _name.WaitWhileLostAsync(cancellationToken).ConfigureAwait(false);
                }

                if (_arrivals.HaveWaited)
                {
                    await RenewArrivalsAsync(buffer.Length).ConfigureAwait(false);
                }

                if (_arrivals.Take(buffer.Span, bounds.Bytes) is > 0 and var count)
                {
                    return count;
                }

                cancellationToken.ThrowIfCancellationRequested();
                await FetchAsync(buffer.Length, bounds, cancellationToken).ConfigureAwait(false);
                _faults.Over();
            }
            catch (Exception error) when (!(error is OperationCanceledException && cancellationToken.IsCancellationRequested))
            {
                // A consumer never dies of what Redis answers: it would stop in silence.
                NoteFailure(error);
                await _faults.SurviveAsync(error, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A look into its own history is a sign of life: without one the group, if it is a broadcast's, would be taken for that of a process that is gone.</summary>
    public async ValueTask<int> ReceiveOwnAsync(Memory<Delivery> buffer, CancellationToken cancellationToken)
    {
        try
        {
            if (_groupLost)
            {
                await RestoreGroupAsync().ConfigureAwait(false);
            }

            if (_arrivals.Count == 0 && _ownPending.IsDue)
            {
                await _ownPending.ReadPageAsync(ReadSize.MostBytes, cancellationToken).ConfigureAwait(false);
            }

            if (_arrivals.Count == 0)
            {
                await _ownPending.ShowLifeAsync(cancellationToken).ConfigureAwait(false);
            }

            _faults.Over();
            _arrivals.BringForward();
            return _arrivals.Take(buffer.Span);
        }
        catch (Exception error) when (!(error is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            NoteFailure(error);
            await _faults.SurviveAsync(error, cancellationToken).ConfigureAwait(false);
            return 0;
        }
    }

    public async ValueTask<int> SettleAsync(ReadOnlyMemory<Settlement> batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await _settler.SettleAsync(batch).ConfigureAwait(false);
    }

    public int Renew(ILeaseConnection connection, ReadOnlyMemory<Settlement> batch) => _settler.Renew(connection, batch);

    public bool IsFresh(in Delivery delivery) => _name is null or { IsHeld: true } && _held.Find(EntryRef.Of(delivery)) is { } entry && (entry.IsOrphan || _held.IsFresh(entry));

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _longRead.DisposeAsync().ConfigureAwait(false);
        try
        {
            await _consumer.Context.Connections.SayGoodbyeAsync(_ => LeaveAsync()).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            Log.StreamLeaveFailed(_consumer.Context.Logger, _consumer.Context.Topic, _consumer.Group, error);
        }

        await _recovered.DisposeAsync().ConfigureAwait(false);
        await CloseAsync(_connection, _name).ConfigureAwait(false);
    }

    private static async ValueTask CloseAsync(ReadingConnection? connection, BroadcastNameLease? name)
    {
        if (connection is not null)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        if (name is not null)
        {
            await name.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask FetchAsync(int room, ReceiveBounds bounds, CancellationToken cancellationToken)
    {
        _longRead.Begin();
        try
        {
            await FetchNextAsync(room, bounds, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _longRead.End();
        }
    }

    private async ValueTask FetchNextAsync(int room, ReceiveBounds bounds, CancellationToken cancellationToken)
    {
        if (_groupLost)
        {
            await RestoreGroupAsync().ConfigureAwait(false);
        }

        if (UntilSweep(bounds) == TimeSpan.Zero)
        {
            await SweepAsync(room, bounds.Bytes, cancellationToken).ConfigureAwait(false);
        }

        if (_arrivals.Count == 0 && _ownPending.IsDue)
        {
            await _ownPending.ReadPageAsync(bounds.Bytes, cancellationToken).ConfigureAwait(false);
        }

        if (_arrivals.Count == 0)
        {
            var longest = _ownPending.IsDue ? TimeSpan.Zero : Durations.Min(UntilSweep(bounds), _ownPending.UntilAgain ?? EntryReader.LongestBlock);
            await _reader.ReadAsync(room, bounds, longest, cancellationToken).ConfigureAwait(false);
        }
    }

    private TimeSpan UntilSweep(ReceiveBounds bounds) => bounds.NewOnly ? EntryReader.LongestBlock : _reclaimer.UntilNext;

    private async ValueTask RestoreGroupAsync()
    {
        _reader.RestoredUpTo = await _group.RestoreAsync().ConfigureAwait(false);
        await _settler.ConfirmAsync().ConfigureAwait(false);
        _settler.TellLost();
        _reclaimer.Restart();
        _groupLost = false;
    }

    private async ValueTask SweepAsync(int room, long bytes, CancellationToken cancellationToken)
    {
        await _claims.LookAsync().ConfigureAwait(false);
        if (!_reclaimer.IsUnderWay && _connection.IsParked && !_ownPending.IsDue && await _group.LookIdleAsync(_connection).ConfigureAwait(false) is { } positions)
        {
            _reader.NoteQuiet(positions);
            _reclaimer.Restart();
            _settler.TellLost();
            await TendAsync(trims: _tended != positions[0] || _trimmer.IsByAge).ConfigureAwait(false);
            _tended = positions[0];
            return;
        }

        if (!_reclaimer.IsUnderWay)
        {
            await _ownPending.ShowLifeAsync(cancellationToken).ConfigureAwait(false);
        }

        if (await _reclaimer.SweepAsync(room, bytes, cancellationToken).ConfigureAwait(false))
        {
            await _group.NoteSettledUpToAsync(_connection).ConfigureAwait(false);
            _settler.TellLost();
            await TendAsync(trims: true).ConfigureAwait(false);
            _tended = null;
        }
    }

    /// <param name="trims">Whether there may be something new to trim. Of groups that nobody comes back to it is told all the same, now and then.</param>
    private async ValueTask TendAsync(bool trims)
    {
        await DeadLetterTrim.WhenAgeIsLimitedAsync(_consumer.Context, _consumer.Context.Connections.Database, _consumer.Tags).ConfigureAwait(false);
        if (await _group.TidyWhenDueAsync().ConfigureAwait(false) || trims)
        {
            _trimmer.Start();
        }
    }

    /// <summary>They waited in here while all handlers were busy, and nobody renewed their lease: what another consumer has taken over meanwhile is its own.</summary>
    private async ValueTask RenewArrivalsAsync(int count)
    {
        await _settler.SettleAsync(_arrivals.Next(count, SettlementKind.Extend)).ConfigureAwait(false);
        if (_arrivals.DropLost() is > 0 and var lost)
        {
            Log.StreamRepliesLost(_consumer.Context.Logger, lost, _consumer.Context.Topic, _consumer.Group);
        }
    }

    private void NoteFailure(Exception error)
    {
        _held.EndRecovery();
        _size.NoteFault();
        _claims.NoteFault();
        _ownPending.Request(_reader.LastBlock);
        _groupLost |= RedisErrors.Classify(error) is FaultKind.NoGroup or FaultKind.Unblocked;
    }

    private async Task LeaveAsync()
    {
        if (_consumer.Subscription.Broadcast && _name is null)
        {
            await BroadcastGroups.DropOwnAsync(_consumer, _keys, _consumer.Context.Connections.Database).ConfigureAwait(false);
            return;
        }

        _arrivals.BringForward();
        if (_arrivals.Count > 0)
        {
            await _settler.SettleAsync(_arrivals.Next(_arrivals.Count, SettlementKind.Release)).ConfigureAwait(false);
        }

        await _group.LeaveAsync().ConfigureAwait(false);
    }
}
