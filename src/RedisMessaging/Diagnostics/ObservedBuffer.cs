using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RedisMessaging.Diagnostics;

/// <summary>A buffer whose fill a gauge shows until this is disposed.</summary>
internal sealed class ObservedBuffer(Func<int> count, TagList tags, Action<ObservedBuffer> forget) : IDisposable
{
    public Measurement<int> Measure() => new(count(), tags);

    public void Dispose() => forget(this);
}
