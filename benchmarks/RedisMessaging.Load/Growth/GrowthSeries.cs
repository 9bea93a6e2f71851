using RedisMessaging.Load.Measuring;

namespace RedisMessaging.Load.Growth;

/// <summary>Something that grows, and how a message is measured with so many of it.</summary>
internal abstract class GrowthSeries(string name, string title, string axis, params int[] sizes)
{
    public string Name { get; } = name;

    public string Title { get; } = title;

    public string Axis { get; } = axis;

    public IReadOnlyList<int> Sizes { get; } = sizes;

    /// <summary>The lines: transports, as a rule.</summary>
    public abstract IReadOnlyList<TransportKind> Transports { get; }

    /// <summary>The largest size for this transport.</summary>
    public virtual int Largest(TransportKind transport) => int.MaxValue;

    public abstract Task<(Sample Sample, int Connections)> MeasureAsync(string connection, TransportKind transport, int size);
}
