namespace Pipelines.Sockets.Unofficial.Scheduling;

/// <summary>Where one thread waits for its next item. Never given a second before the first was taken.</summary>
internal sealed class Worker
{
    private readonly object _signal = new();
    private WorkItem _item;
    private bool _given;

    /// <summary>Hands over <paramref name="item"/> and wakes the thread.</summary>
    public void Give(WorkItem item)
    {
        lock (_signal)
        {
            _item = item;
            _given = true;
            Monitor.Pulse(_signal);
        }
    }

    /// <summary>Waits for an item.</summary>
    public WorkItem Take()
    {
        lock (_signal)
        {
            while (!_given)
            {
                Monitor.Wait(_signal);
            }

            var item = _item;
            _item = default;
            _given = false;
            return item;
        }
    }
}
