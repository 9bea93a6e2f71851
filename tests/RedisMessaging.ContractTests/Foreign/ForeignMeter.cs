using System.Diagnostics.Metrics;

namespace RedisMessaging.ContractTests;

/// <summary>A listener that throws whatever is counted for one topic, and only then: other tests count as well.</summary>
internal sealed class ForeignMeter : IDisposable
{
    private readonly MeterListener _listener = new();
    private int _called;

    public ForeignMeter(string topic)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RedisMessagingTelemetry.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "messaging.destination.name" && (string?)tag.Value == topic)
                {
                    Interlocked.Increment(ref _called);
                    throw new InvalidOperationException("A listener of a meter threw.");
                }
            }
        });
        _listener.Start();
    }

    /// <summary>How often it has thrown.</summary>
    public int Called => Volatile.Read(ref _called);

    public void Dispose() => _listener.Dispose();
}
