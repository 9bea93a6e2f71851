namespace Monitoring;

/// <summary>How a process is doing.</summary>
/// <param name="Number">Counts up with every report of the process, so that it shows when some are missing.</param>
/// <param name="Cpu">Percent of all the processors together, since the report before.</param>
/// <param name="Collections">Garbage collections since it started.</param>
/// <param name="Threads">Threads of the pool.</param>
internal sealed record Vitals(int ProcessId, long Number, double Cpu, long MemoryBytes, int Collections, int Threads);
