using System.Diagnostics;
using System.IO.Pipelines;
using Pipelines.Sockets.Unofficial.Scheduling;

namespace Pipelines.Sockets.Unofficial;

/// <summary>
/// Runs work on threads of its own. A free worker is handed the work directly, the one that became free last first; when
/// all are busy the work waits in a queue, and past the length of that queue it goes to the thread pool.
/// </summary>
public sealed class DedicatedThreadPoolPipeScheduler : PipeScheduler, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stack<Worker> _free;
    private readonly Queue<WorkItem> _waiting;
    private readonly int _queueLength;
    private bool _disposed;
    private long _servicedByQueue;
    private long _servicedByPool;

    /// <summary>Starts <paramref name="workerCount"/> background threads.</summary>
    public DedicatedThreadPoolPipeScheduler(
        string? name = null,
        int workerCount = 5,
        int useThreadPoolQueueLength = 10,
        ThreadPriority priority = ThreadPriority.Normal)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(workerCount);
        ArgumentOutOfRangeException.ThrowIfNegative(useThreadPoolQueueLength);

        WorkerCount = workerCount;
        _queueLength = useThreadPoolQueueLength;
        _free = new Stack<Worker>(workerCount);
        _waiting = new Queue<WorkItem>();

        for (var i = 0; i < workerCount; i++)
        {
            var worker = new Worker();
            _free.Push(worker);
            var thread = new Thread(Work)
            {
                Name = $"{name ?? nameof(DedicatedThreadPoolPipeScheduler)}:{i}",
                IsBackground = true,
                Priority = priority,
            };
            thread.UnsafeStart(worker);
        }
    }

    /// <summary>How many threads it has.</summary>
    public int WorkerCount { get; }

    /// <summary>How many of them are free now.</summary>
    public int AvailableCount
    {
        get
        {
            lock (_gate)
            {
                return _free.Count;
            }
        }
    }

    /// <summary>Work items given to its own threads so far.</summary>
    public long TotalServicedByQueue => Volatile.Read(ref _servicedByQueue);

    /// <summary>Work items passed on to the thread pool so far.</summary>
    public long TotalServicedByPool => Volatile.Read(ref _servicedByPool);

    /// <inheritdoc/>
    public override void Schedule(Action<object?> action, object? state)
    {
        ArgumentNullException.ThrowIfNull(action);
        var item = new WorkItem(action, state);
        Worker? worker;
        lock (_gate)
        {
            if (_free.TryPop(out worker))
            {
                _servicedByQueue++;
            }
            else if (!_disposed && _waiting.Count < _queueLength)
            {
                _waiting.Enqueue(item);
                _servicedByQueue++;
                return;
            }
            else
            {
                _servicedByPool++;
            }
        }

        if (worker is not null)
        {
            worker.Give(item);
        }
        else
        {
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(static it => Run(it), item, preferLocal: false);
        }
    }

    /// <summary>Lets the threads end once what waits has run; later work goes to the thread pool.</summary>
    public void Dispose()
    {
        Worker[] free;
        lock (_gate)
        {
            _disposed = true;
            free = [.. _free];
            _free.Clear();
        }

        foreach (var worker in free)
        {
            worker.Give(default);
        }
    }

    private static void Run(WorkItem item)
    {
        try
        {
            item.Action!(item.State);
        }
        catch (Exception exception)
        {
            // One bad callback must not end a worker that others count on.
            Debug.WriteLine(exception);
        }
    }

    private void Work(object? state)
    {
        var self = (Worker)state!;

        // An empty item ends the thread.
        for (var item = self.Take(); item.Action is not null; item = self.Take())
        {
            do
            {
                Run(item);
            }
            while (TryTakeWaiting(self, out item));
        }
    }

    // When nothing waits, the worker is free again, or ends.
    private bool TryTakeWaiting(Worker self, out WorkItem item)
    {
        lock (_gate)
        {
            if (_waiting.TryDequeue(out item))
            {
                return true;
            }

            if (!_disposed)
            {
                _free.Push(self);
                return false;
            }
        }

        self.Give(default);
        return false;
    }
}
