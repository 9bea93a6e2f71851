using System.Diagnostics.Metrics;
using RedisMessaging;

namespace Notifications;

/// <summary>
/// Listens to the library's own counter of what <c>Force</c> takes from groups that had not read it. With <c>Exact</c> a publish trims before it returns, so that the count is right then.
/// </summary>
internal sealed class Missed : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _byDevice = [];
    private readonly string _channel;

    public Missed(string channel)
    {
        _channel = channel;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RedisMessagingTelemetry.MeterName && instrument.Name == "redismessaging.retention.trimmed_unread")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Count);
        _listener.Start();
    }

    public IReadOnlyDictionary<string, long> ByDevice
    {
        get
        {
            lock (_lock)
            {
                return new Dictionary<string, long>(_byDevice);
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Count(Instrument instrument, long count, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var (topic, group) = ("", "");
        foreach (var (name, value) in tags)
        {
            (topic, group) = name switch
            {
                "messaging.destination.name" => ((string)value!, group),
                "messaging.consumer.group.name" => (topic, (string)value!),
                _ => (topic, group),
            };
        }

        if (topic == _channel)
        {
            lock (_lock)
            {
                _byDevice[group] = _byDevice.GetValueOrDefault(group) + count;
            }
        }
    }
}
