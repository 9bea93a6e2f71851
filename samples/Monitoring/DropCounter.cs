using System.Diagnostics.Metrics;
using RedisMessaging;

namespace Monitoring;

/// <summary>Listens to the counter of messages that a full buffer dropped, as OpenTelemetry's exporters do.</summary>
internal sealed class DropCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _total;

    public DropCounter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RedisMessagingTelemetry.MeterName && instrument.Name == "redismessaging.messages.dropped")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, dropped, _, _) => Interlocked.Add(ref _total, dropped));
        _listener.Start();
    }

    public long Total => Interlocked.Read(ref _total);

    public void Dispose() => _listener.Dispose();
}
