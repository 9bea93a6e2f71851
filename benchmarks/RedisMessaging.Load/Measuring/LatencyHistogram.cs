using System.Diagnostics;
using System.Numerics;

namespace RedisMessaging.Load.Measuring;

/// <summary>Counts of times, each within 3 %, however many there are: 32 steps for each doubling.</summary>
internal sealed class LatencyHistogram
{
    private const int Steps = 32;
    private readonly long[] _counts = new long[40 * Steps];

    public long Count => _counts.Sum();

    /// <param name="ticks">Of <see cref="Stopwatch"/>.</param>
    public void Add(long ticks)
    {
        var nanoseconds = Math.Max(Steps, (long)(ticks * (1e9 / Stopwatch.Frequency)));
        var doubling = BitOperations.Log2((ulong)nanoseconds) - 5;
        var index = Math.Min((doubling * Steps) + (int)(nanoseconds >> doubling) - Steps, _counts.Length - 1);
        Interlocked.Increment(ref _counts[index]);
    }

    /// <summary>In microseconds: below it are so many of all.</summary>
    public double Percentile(double share)
    {
        var wanted = (long)Math.Ceiling(Count * share);
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted && seen > 0)
            {
                return Middle(i);
            }
        }

        return 0;
    }

    /// <summary>Empties it; not while something is added.</summary>
    public void Clear() => Array.Clear(_counts);

    private static double Middle(int index)
    {
        var doubling = index / Steps;
        return ((index % Steps) + Steps + 0.5) * Math.Pow(2, doubling) / 1_000;
    }
}
