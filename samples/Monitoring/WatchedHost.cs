namespace Monitoring;

/// <summary>What the watcher knows of one host.</summary>
internal sealed class WatchedHost(string name, TimeProvider time, MonitoringOptions options)
{
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(1);

    private readonly Queue<long> _lately = new();
    private long _lastAt;

    public string Name => name;

    public Vitals? Last { get; private set; }

    public long Received { get; private set; }

    /// <summary>How many numbers were left out in front of one that came.</summary>
    public long Missing { get; private set; }

    public TimeSpan Age => time.GetElapsedTime(_lastAt);

    public HostState State => Age >= options.GoneAfter ? HostState.Gone : Age >= options.SilentAfter ? HostState.Silent : HostState.Live;

    /// <summary>Reports in the last second.</summary>
    public int Rate
    {
        get
        {
            while (_lately.TryPeek(out var oldest) && time.GetElapsedTime(oldest) > RateWindow)
            {
                _lately.Dequeue();
            }

            return _lately.Count;
        }
    }

    /// <summary>What was last told of it to whoever watches.</summary>
    public (HostState State, int ProcessId, long Missing) Told { get; set; }

    public void Take(Vitals vitals)
    {
        // A new process counts from 1 again.
        if (Last?.ProcessId == vitals.ProcessId)
        {
            Missing += vitals.Number - Last.Number - 1;
        }

        Last = vitals;
        Received++;
        _lastAt = time.GetTimestamp();
        _lately.Enqueue(_lastAt);
    }
}
