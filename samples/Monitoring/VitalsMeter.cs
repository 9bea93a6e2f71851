using System.Diagnostics;

namespace Monitoring;

/// <summary>Takes this process' own vitals.</summary>
internal sealed class VitalsMeter
{
    private TimeSpan _usedBefore = Environment.CpuUsage.TotalTime;
    private long _before = Stopwatch.GetTimestamp();
    private double _cpu;

    public Vitals Take(long number)
    {
        var elapsed = Stopwatch.GetElapsedTime(_before);
        // Many at once have one and the same share: it takes some time to measure one.
        if (elapsed > TimeSpan.FromMilliseconds(20))
        {
            var used = Environment.CpuUsage.TotalTime;
            _cpu = 100 * (used - _usedBefore) / elapsed / Environment.ProcessorCount;
            (_usedBefore, _before) = (used, Stopwatch.GetTimestamp());
        }

        return new Vitals(Environment.ProcessId, number, Math.Round(_cpu, 1), Environment.WorkingSet, GC.CollectionCount(0), ThreadPool.ThreadCount);
    }
}
