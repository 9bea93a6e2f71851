using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.InFlight;

/// <summary>
/// What was received and not taken yet. Suspects (<see cref="InFlightMessage.IsSuspect"/>) are handed out one at a time: the next one once
/// the one before has ended, and before all else. So one that ends its process takes no other suspect with it, and the other places stay
/// for what is none. Of those, one in four is new where others were redelivered: new messages do not wait until all that a dead consumer
/// held is through.
/// </summary>
internal sealed class ReadyQueue(InFlightMessages held, TimeProvider time)
{
    /// <summary>What came back takes a third longer then, and no more.</summary>
    private const int RedeliveredBesideOneNew = 3;

    private static readonly TimeSpan MinWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    // An empty item says that there is something to be taken elsewhere: a suspect, or one that was redelivered.
    private readonly Channel<InFlightMessage?> _channel = Channel.CreateUnbounded<InFlightMessage?>();
    private readonly Lock _lock = new();
    private readonly Queue<InFlightMessage> _suspects = new();
    private readonly Queue<InFlightMessage> _redelivered = new();
    private volatile bool _hasRedelivered;
    private int _redeliveredInARow;
    private InFlightMessage? _next;
    private bool _isSuspectOut;
    private long _outSince;
    private TimeSpan _suspectTime;

    private int MaxSuspects => Math.Max(1, held.Capacity / 4);

    /// <summary>Suspects are handed out one at a time. Off for a reader, who takes as many as it wants.</summary>
    public bool SeparatesSuspects { get; set; }

    /// <summary>
    /// New messages are handed out between those that were redelivered. Off where messages are handled one after another, in their order.
    /// </summary>
    public bool SharesPlaces { get; set; }

    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _channel.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Nothing more comes in.</summary>
    public void Complete() => _channel.Writer.TryComplete();

    /// <summary>Adds a message behind all others.</summary>
    /// <param name="mayRefuse">
    /// Whether a suspect may be refused where so many wait already that little room would be left for others.
    /// </param>
    public bool TryAdd(InFlightMessage added, bool mayRefuse = false)
    {
        if (added.IsSuspect && SeparatesSuspects)
        {
            lock (_lock)
            {
                if (_isSuspectOut)
                {
                    if (mayRefuse && _suspects.Count + 1 >= MaxSuspects)
                    {
                        return false;
                    }

                    // It can't be taken yet, and must not keep the loop from fetching what can.
                    _suspects.Enqueue(added);
                    held.Take();
                    return true;
                }

                BringOut();
            }
        }

        if (added.Delivery.Redelivered && !added.IsSuspect && SharesPlaces)
        {
            lock (_lock)
            {
                _redelivered.Enqueue(added);
                _hasRedelivered = true;
            }

            _channel.Writer.TryWrite(null);
            return true;
        }

        _channel.Writer.TryWrite(added);
        return true;
    }

    /// <summary>After how long a refused suspect may find room: about the time that those in hand take.</summary>
    public TimeSpan WaitForRoom
    {
        get
        {
            lock (_lock)
            {
                var wait = _suspectTime * (_suspects.Count + 1);
                return wait < MinWait ? MinWait : wait > MaxWait ? MaxWait : wait;
            }
        }
    }

    public bool TryTake([MaybeNullWhen(false)] out InFlightMessage taken)
    {
        var next = Volatile.Read(ref _next) is null ? null : Interlocked.Exchange(ref _next, null);
        taken = next ?? (_hasRedelivered ? TakeShared() : TakeNew());
        if (taken is null)
        {
            return false;
        }

        held.Take();
        return true;
    }

    /// <summary>A message that was taken has ended, or goes back unstarted: if it is a suspect, it is the next one's turn.</summary>
    public void Leave(InFlightMessage left)
    {
        if (!left.IsSuspect || !SeparatesSuspects)
        {
            return;
        }

        lock (_lock)
        {
            var took = time.GetElapsedTime(_outSince);
            _suspectTime = _suspectTime == TimeSpan.Zero ? took : (0.75 * _suspectTime) + (0.25 * took);
            InFlightMessage? next;
            do
            {
                if (!_suspects.TryDequeue(out next))
                {
                    _isSuspectOut = false;
                    return;
                }
            }
            while (!next.IsOpen);

            BringOut();
            held.PutBack();
            Volatile.Write(ref _next, next);
        }

        _channel.Writer.TryWrite(null);
    }

    /// <summary>Takes out the suspects whose turn has not come, to be given back.</summary>
    public List<InFlightMessage> TakeWaiting()
    {
        lock (_lock)
        {
            var waiting = new List<InFlightMessage>(_suspects);
            _suspects.Clear();
            return waiting;
        }
    }

    private InFlightMessage? TakeShared()
    {
        lock (_lock)
        {
            var isTurnOfNew = _redeliveredInARow >= RedeliveredBesideOneNew;
            if (isTurnOfNew && TakeNew() is { } taken)
            {
                _redeliveredInARow = 0;
                Announce();
                return taken;
            }

            if (!_redelivered.TryDequeue(out var redelivered))
            {
                return TakeNew();
            }

            _redeliveredInARow++;
            _hasRedelivered = _redelivered.Count > 0;
            Announce();
            return redelivered;
        }
    }

    /// <summary>
    /// The empty items of those that are left may have been read in search of a new message: others that wait are to know of them.
    /// </summary>
    private void Announce()
    {
        if (_hasRedelivered)
        {
            _channel.Writer.TryWrite(null);
        }
    }

    private InFlightMessage? TakeNew()
    {
        while (_channel.Reader.TryRead(out var next))
        {
            if (next is not null)
            {
                return next;
            }

            if (Volatile.Read(ref _next) is not null && Interlocked.Exchange(ref _next, null) is { } suspect)
            {
                return suspect;
            }
        }

        return null;
    }

    private void BringOut()
    {
        _isSuspectOut = true;
        _outSince = time.GetTimestamp();
    }
}
