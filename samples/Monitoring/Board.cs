using System.Globalization;
using RedisMessaging;

namespace Monitoring;

/// <summary>What the watcher has seen, and what it has not: written to by the subscription, read by the screen.</summary>
internal sealed class Board(TimeProvider time, MonitoringOptions options, DropCounter drops)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, WatchedHost> _hosts = new(StringComparer.Ordinal);
    private readonly List<string> _news = [];
    private readonly List<SubscriptionGap> _untoldGaps = [];
    private long _droppedTold;

    public int Gaps { get; private set; }

    public long Dropped => drops.Total;

    public long Received => Read(hosts => hosts.Sum(host => host.Received));

    public long Missing => Read(hosts => hosts.Sum(host => host.Missing));

    public T Read<T>(Func<IReadOnlyCollection<WatchedHost>, T> read)
    {
        lock (_lock)
        {
            return read(_hosts.Values);
        }
    }

    public bool Is(string name, HostState state) => Read(hosts => hosts.Any(host => host.Name == name && host.State == state));

    public void Take(string name, Vitals vitals)
    {
        lock (_lock)
        {
            if (!_hosts.TryGetValue(name, out var host))
            {
                _hosts.Add(name, host = new WatchedHost(name, time, options));
            }

            host.Take(vitals);
        }
    }

    public void NoteGap(SubscriptionGap gap)
    {
        lock (_lock)
        {
            Gaps++;
            _untoldGaps.Add(gap);
        }
    }

    public void Say(string news)
    {
        lock (_lock)
        {
            _news.Add(news);
        }
    }

    /// <summary>What has changed since it was last asked.</summary>
    public IReadOnlyList<string> TakeNews()
    {
        lock (_lock)
        {
            if (_untoldGaps.Count > 0)
            {
                SayGaps();
                _untoldGaps.Clear();
            }

            if (Dropped - _droppedTold is > 0 and var dropped)
            {
                Say($"{dropped} dropped by the full buffer");
                _droppedTold += dropped;
            }

            foreach (var host in _hosts.Values)
            {
                NoteChanges(host);
            }

            string[] news = [.. _news];
            _news.Clear();
            return news;
        }
    }

    /// <summary>Those that followed each other closely in one line.</summary>
    private void SayGaps()
    {
        // Early rather than late: where the loss of the connection was not noticed at once it is the last time that it was known to be there.
        var (since, until) = (_untoldGaps.Min(gap => gap.Since), _untoldGaps.Max(gap => gap.Until));
        var times = _untoldGaps.Count == 1 ? "" : $", {_untoldGaps.Count} times";
        Say(string.Create(CultureInfo.InvariantCulture, $"gap ({_untoldGaps[0].Reason}): some may be missing between {since:HH:mm:ss.ff} and {until:HH:mm:ss.ff}{times}"));
    }

    private void NoteChanges(WatchedHost host)
    {
        var (state, process, missing) = (host.State, host.Last!.ProcessId, host.Missing);
        if (process != host.Told.ProcessId)
        {
            Say($"{host.Name} reports, process {process}");
        }
        else if (state != host.Told.State)
        {
            Say(state == HostState.Live ? $"{host.Name} is back" : $"{host.Name} is {(state == HostState.Gone ? "gone" : "silent")}");
        }

        if (missing > host.Told.Missing)
        {
            Say($"{host.Name}: {missing - host.Told.Missing} missing");
        }

        host.Told = (state, process, missing);
    }
}
