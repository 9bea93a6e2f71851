using System.Diagnostics.Metrics;

namespace RedisMessaging.ContractTests;

/// <summary>Reads one gauge of the library for one topic.</summary>
internal sealed class Gauged : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<int> _read = [];

    public Gauged(string name, string topic)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RedisMessagingTelemetry.MeterName && instrument.Name == name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((_, measurement, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "messaging.destination.name" && (string?)tag.Value == topic)
                {
                    _read.Add(measurement);
                }
            }
        });
        _listener.Start();
    }

    /// <summary>What each of the topic's subscriptions shows.</summary>
    public List<int> Read()
    {
        _read.Clear();
        _listener.RecordObservableInstruments();
        return [.. _read];
    }

    public void Dispose() => _listener.Dispose();
}
