namespace RedisMessaging.Consuming;

/// <summary>The places that workers handle messages in, one worker each. Their number may change while they run.</summary>
/// <param name="start">Starts the worker of a place.</param>
internal sealed class WorkerPlaces(Func<int, Task> start)
{
    private readonly Lock _lock = new();
    private readonly List<Task?> _workers = [];
    private int _count;
    private bool _isClosed;

    /// <summary>Changes the number of places. Workers beyond a smaller number end once their handlers have ended.</summary>
    public void SetCount(int count)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            Volatile.Write(ref _count, count);
            for (var place = 0; place < count; place++)
            {
                if (place == _workers.Count)
                {
                    _workers.Add(null);
                }

                _workers[place] ??= start(place);
            }
        }
    }

    /// <summary>Whether a place is beyond the number.</summary>
    public bool IsSurplus(int place) => place >= Volatile.Read(ref _count);

    /// <summary>
    /// The worker of a surplus place leaves it. Under the lock, so that a place is never without a worker once it is wanted again.
    /// </summary>
    public bool TryLeave(int place)
    {
        lock (_lock)
        {
            if (!IsSurplus(place))
            {
                return false;
            }

            _workers[place] = null;
            return true;
        }
    }

    /// <summary>No worker is started from now on.</summary>
    /// <returns>The workers that run.</returns>
    public List<Task> Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            return [.. _workers.OfType<Task>()];
        }
    }
}
