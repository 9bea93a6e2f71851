using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RedisMessaging.Diagnostics;

/// <summary>A counter whose listeners, which are a user's code, can't stop what is counted.</summary>
/// <param name="counter"><see langword="null"/> where a listener threw when it was published.</param>
/// <param name="failed">Called with what a listener threw.</param>
/// <param name="bus">The name of the bus, for a tag.</param>
internal sealed class GuardedCounter(Counter<long>? counter, Action<Exception> failed, string? bus = null)
{
    /// <summary>For a listener of this one alone.</summary>
    public Instrument? Instrument => counter;

    public bool Enabled => counter is { Enabled: true };

    public void Add(long delta) => Add(delta, default);

    public void Add(long delta, in TagList tags)
    {
        if (!Enabled)
        {
            return;
        }

        try
        {
            if (bus is null)
            {
                counter!.Add(delta, tags);
                return;
            }

            var all = tags;
            all.Add(Instruments.BusTag, bus);
            counter!.Add(delta, all);
        }
        catch (Exception error)
        {
            failed(error);
        }
    }
}
