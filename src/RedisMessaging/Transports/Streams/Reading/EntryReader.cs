using System.Diagnostics;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.StreamReading;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using RedisMessaging.Transports.Streams.Recovery;
using StackExchange.Redis;

namespace RedisMessaging.Transports.Streams.Reading;

/// <summary>
/// Waits for new entries of the topic's stream and of the group's retry stream: in one blocking call, or, parked, for the bell that both of them are for whoever reads them without a group.
/// Where the server can do it, a read also takes over entries whose lease is over, and one that waits wakes when a lease ends. Parked, it wakes when the first one that it knows of may end.
/// </summary>
internal sealed class EntryReader(StreamConsumer consumer, ReadingConnection connection, EntryBuffer arrivals, RecoveredEntries recovered, ReadSize size, ReadClaims claims)
{
    /// <summary>No call blocks for longer.</summary>
    public static readonly TimeSpan LongestBlock = TimeSpan.FromSeconds(10);

    /// <summary>Whose entries are as large is not parked: the bell would bring the whole of one before it is read.</summary>
    private const int TooLargeForABell = 64 * 1024;
    private static readonly TimeSpan AwakeWhileLarge = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan ShortestBlock = TimeSpan.FromMilliseconds(50);

    private readonly GroupRead _read = new(consumer, connection, recovered, claims);
    private readonly AdaptiveBlockTimeout _block = new(consumer.Lease / 3);
    private string[]? _quiet;

    /// <summary>How many could be taken, if it were not for their size.</summary>
    private int _room;

    /// <summary>The last read brought as many released entries as it could: there are probably more, and they go before what was set aside.</summary>
    private bool _moreIsReleased;

    /// <summary>The last read brought as much as it could: there is probably more.</summary>
    private bool _isBehind;

    /// <summary>
    /// The group was made anew: up to here its entries may have been handed out before, and handlers may have been started with them.
    /// </summary>
    public StreamId? RestoredUpTo { get; set; }

    /// <summary>There is nothing behind these ids, of the topic's stream and of the retry stream: it need not be read to know that.</summary>
    public void NoteQuiet(string[] positions) => _quiet = positions;

    /// <summary>How long the last call could keep the server parked.</summary>
    public TimeSpan LastBlock { get; private set; }

    /// <summary>Reads what is there. When nothing is, waits for some, until something else is due that it would delay: after <paramref name="longest"/>. Zero: does not wait.</summary>
    public async ValueTask ReadAsync(int room, ReceiveBounds bounds, TimeSpan longest, CancellationToken cancellationToken)
    {
        longest = Durations.Min(longest, _read.Prepare(bounds.NewOnly));
        await connection.PrepareAsync(cancellationToken).ConfigureAwait(false);
        _room = room;
        room = size.CountFor(room, bounds.Bytes);
        if (arrivals.AreSetAside)
        {
            LastBlock = TimeSpan.Zero;
            // Retries don't hold it up: there may be new ones for ever.
            if (_moreIsReleased)
            {
                await ReadAvailableAsync(room, retryAlone: true, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                arrivals.BringForward();
            }

            return;
        }

        if (connection.IsParked)
        {
            await ReadParkedAsync(room, longest, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (_isBehind || longest == TimeSpan.Zero)
        {
            LastBlock = TimeSpan.Zero;
            if (await ReadAvailableAsync(room, retryAlone: false, cancellationToken).ConfigureAwait(false) || longest == TimeSpan.Zero)
            {
                return;
            }
        }

        LastBlock = Clamp(_block.Next(), longest);
        await ReadBlockedAsync(room, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask ReadBlockedAsync(int room, CancellationToken cancellationToken)
    {
        var (retried, brought) = await _read.BlockAsync(room, LastBlock, cancellationToken).ConfigureAwait(false);
        if (retried.Length + brought.Length > 0)
        {
            await AcceptAsync(room, retried, brought, sentAt: null).ConfigureAwait(false);
        }

        _read.End();
    }

    /// <returns>False when there was nothing.</returns>
    private async ValueTask<bool> ReadAvailableAsync(int room, bool retryAlone, CancellationToken cancellationToken)
    {
        var (retried, brought) = await _read.RunAsync(room, retryAlone, cancellationToken).ConfigureAwait(false);
        _isBehind = false;
        _moreIsReleased = false;
        if (retried.Length + brought.Length > 0)
        {
            await AcceptAsync(room, retried, brought, _read.SentAt).ConfigureAwait(false);
        }

        _read.End();
        return retried.Length + brought.Length > 0;
    }

    private static bool IsFullOfReleased(StreamRecord[] retried, int room) => retried.Length == room && Array.Exists(retried, entry => entry.IsReleased);

    private async ValueTask ReadParkedAsync(int room, TimeSpan longest, CancellationToken cancellationToken)
    {
        LastBlock = TimeSpan.Zero;
        var positions = _quiet;
        _quiet = null;
        if (positions is null)
        {
            if (await ReadAvailableAsync(room, retryAlone: false, cancellationToken).ConfigureAwait(false) || longest == TimeSpan.Zero)
            {
                return;
            }

            // What comes behind the last one that the group was given is what an XREADGROUP would bring, whoever asks: nothing can come in between.
            var reply = await connection.RunAsync(
                "XINFO",
                database => StreamCalls.Positions(consumer.Stream, consumer.Retry, consumer.Group, consumer.Name, _read.Lease).RunAsync(database),
                cancellationToken).ConfigureAwait(false);
            positions = [(string)reply[0]!, (string)reply[1]!];
            longest = (long)reply[2] is >= 0 and var left ? Durations.Min(longest, TimeSpan.FromMilliseconds(left + 1)) : longest;
        }

        await connection.WaitForRingAsync(positions, Clamp(_block.Next(), longest), cancellationToken).ConfigureAwait(false);
    }

    private static TimeSpan Clamp(TimeSpan block, TimeSpan longest)
    {
        var shorter = Durations.Min(block, longest);
        return shorter > ShortestBlock ? shorter : ShortestBlock;
    }

    private async ValueTask AcceptAsync(int room, StreamRecord[] retried, StreamRecord[] brought, long? sentAt)
    {
        _block.Shorten();
        NoteSize(retried, brought, sentAt);
        // Released and retried messages are older than what the stream brings.
        await AcceptAsync(retried, StreamSource.Retry).ConfigureAwait(false);
        var older = arrivals.Count;
        await AcceptAsync(brought, StreamSource.Main).ConfigureAwait(false);
        _moreIsReleased = IsFullOfReleased(retried, room);
        if (_moreIsReleased)
        {
            arrivals.SetAside(older);
        }

        // One alone tells that there is more only where its size, or caution, is why no more were asked for.
        _isBehind = (room > 1 || _room > 1) && (brought.Length == room || retried.Length == room);
        connection.NoteArrival(full: _isBehind && room > 1);
    }

    private void NoteSize(StreamRecord[] retried, StreamRecord[] brought, long? sentAt)
    {
        var bytes = 0L;
        foreach (ref readonly var entry in retried.AsSpan())
        {
            bytes += entry.Frame.Length;
        }

        foreach (ref readonly var entry in brought.AsSpan())
        {
            bytes += entry.Frame.Length;
        }

        size.Note(retried.Length + brought.Length, bytes, sentAt);
        if (size.Average >= TooLargeForABell)
        {
            connection.StayAwake(AwakeWhileLarge);
        }
    }

    private async ValueTask AcceptAsync(StreamRecord[] entries, StreamSource lane)
    {
        var claimedAt = _read.SentAt;
        Debug.Assert(!Array.Exists(entries, entry => entry.IsTrimmed), "What is new is in the stream.");
        // They come before what is new.
        var pending = 0;
        while (pending < entries.Length && entries[pending].IsRedelivered)
        {
            pending++;
        }

        if (pending > 0 && await recovered.AcceptAsync(lane, entries[..pending]).ConfigureAwait(false) is > 0 and var added)
        {
            Log.StreamEntriesReclaimed(consumer.Context.Logger, added, consumer.Context.Topic, consumer.Group);
        }

        var again = pending;
        while (lane == StreamSource.Main && RestoredUpTo is { } last && again < entries.Length && entries[again].Id.CompareTo(last) <= 0)
        {
            again++;
        }

        if (again > pending)
        {
            recovered.Begin(claimedAt);
            await recovered.AcceptAsync(lane, entries[pending..again]).ConfigureAwait(false);
            recovered.End();
        }

        foreach (ref readonly var entry in entries.AsSpan(again))
        {
            arrivals.Add(lane, entry, claimedAt);
        }
    }
}
