using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace RedisMessaging.Pipeline;

/// <summary>
/// What was received and not taken yet. Suspects (<see cref="HeldDelivery.IsSuspect"/>) are handed out one at a time: the next one once the one before has ended, and before all else. So
/// one that ends its process takes no other suspect with it, and the other places stay for what is none.
/// </summary>
internal sealed class ReadyQueue(HeldSet held, TimeProvider time)
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    // An empty item says that a suspect is there to be taken.
    private readonly Channel<HeldDelivery?> _channel = Channel.CreateUnbounded<HeldDelivery?>();
    private readonly int _mostSuspects = Math.Max(1, held.Capacity / 4);
    private readonly Lock _lock = new();
    private readonly Queue<HeldDelivery> _suspects = new();
    private HeldDelivery? _next;
    private bool _isSuspectOut;
    private long _outSince;
    private TimeSpan _suspectTime;

    /// <summary>Suspects are handed out one at a time. Off for a reader, who takes as many as it wants.</summary>
    public bool SeparatesSuspects { get; set; }

    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _channel.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Nothing more comes in.</summary>
    public void Complete() => _channel.Writer.TryComplete();

    /// <summary>Adds a message behind all others.</summary>
    /// <param name="mayRefuse">Whether a suspect may be refused where so many wait already that little room would be left for others.</param>
    public bool TryAdd(HeldDelivery added, bool mayRefuse = false)
    {
        if (added.IsSuspect && SeparatesSuspects)
        {
            lock (_lock)
            {
                if (_isSuspectOut)
                {
                    if (mayRefuse && _suspects.Count + 1 >= _mostSuspects)
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
                return wait < ShortestWait ? ShortestWait : wait > LongestWait ? LongestWait : wait;
            }
        }
    }

    public bool TryTake([MaybeNullWhen(false)] out HeldDelivery taken)
    {
        do
        {
            taken = Volatile.Read(ref _next) is null ? null : Interlocked.Exchange(ref _next, null);
        }
        while (taken is null && _channel.Reader.TryRead(out taken) && taken is null);
        if (taken is null)
        {
            return false;
        }

        held.Take();
        return true;
    }

    /// <summary>A message that was taken has ended, or goes back unstarted: if it is a suspect, it is the next one's turn.</summary>
    public void Leave(HeldDelivery left)
    {
        if (!left.IsSuspect || !SeparatesSuspects)
        {
            return;
        }

        lock (_lock)
        {
            var took = time.GetElapsedTime(_outSince);
            _suspectTime = _suspectTime == TimeSpan.Zero ? took : (0.75 * _suspectTime) + (0.25 * took);
            HeldDelivery? next;
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
    public List<HeldDelivery> TakeWaiting()
    {
        lock (_lock)
        {
            var waiting = new List<HeldDelivery>(_suspects);
            _suspects.Clear();
            return waiting;
        }
    }

    private void BringOut()
    {
        _isSuspectOut = true;
        _outSince = time.GetTimestamp();
    }
}
