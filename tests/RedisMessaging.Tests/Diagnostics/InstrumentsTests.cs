using System.Diagnostics.Metrics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Tests.Support;
using RedisMessaging.Topics;

namespace RedisMessaging.Tests.Diagnostics;

/// <summary>A listener that throws is logged once and stops nothing.</summary>
public sealed class InstrumentsTests : IDisposable
{
    private const int ListenerFailed = 1001;

    /// <summary>Listeners hear of every meter of the process, those of other tests included.</summary>
    private static readonly AsyncLocal<bool> IsMine = new();

    private readonly ListLoggerProvider _log = new();

    [Fact]
    public void Counting_survives_a_listener()
    {
        using var listener = Listener(throwsOnPublish: false);
        IsMine.Value = true;
        using var instruments = new Instruments(_log);

        instruments.Handled.Add(1, Instruments.Topic("topic"));
        instruments.RepliesIgnored.Add(1);

        _log.TextsOf(ListenerFailed).Should().ContainSingle("it is the first of very many");
    }

    [Fact]
    public void A_bus_starts_although_a_listener_throws_when_instruments_are_published_and_when_they_end()
    {
        using var listener = Listener(throwsOnPublish: true);
        IsMine.Value = true;
        listener.MeasurementsCompleted = (_, _) => Throw();

        var instruments = new Instruments(_log);
        instruments.Handled.Add(1, Instruments.Topic("topic"));
        instruments.Handled.Enabled.Should().BeFalse();
        instruments.Dispose();
        IsMine.Value = false;

        _log.TextsOf(ListenerFailed).Should().ContainSingle();
    }

    [Theory]
    [InlineData(null, "topic=a")]
    [InlineData("orders", "topic=a,redis_messaging.bus=orders")]
    public void What_a_bus_with_a_name_counts_has_its_name_as_a_tag(string? bus, string tags)
    {
        var measured = new List<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, listener) => Listen(instrument, listener) };
        listener.SetMeasurementEventCallback<long>((_, _, given, _) => Add(given));
        listener.SetMeasurementEventCallback<int>((_, _, given, _) => Add(given));
        listener.Start();
        IsMine.Value = true;
        using var instruments = new Instruments(_log, bus);
        using var buffer = instruments.ObserveBuffer(() => 1, new() { { "topic", "a" } });
        IsMine.Value = false;

        instruments.Handled.Add(1, new() { { "topic", "a" } });
        listener.RecordObservableInstruments();

        measured.Should().Equal(tags, tags);

        void Add(ReadOnlySpan<KeyValuePair<string, object?>> given) => measured.Add(string.Join(',', given.ToArray().Select(tag => $"{tag.Key}={tag.Value}")));

        static void Listen(Instrument instrument, MeterListener listener)
        {
            if (IsMine.Value && instrument.Meter.Name == RedisMessagingTelemetry.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        }
    }

    public void Dispose() => _log.Dispose();

    private static MeterListener Listener(bool throwsOnPublish)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (IsMine.Value && instrument.Meter.Name == RedisMessagingTelemetry.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                    if (throwsOnPublish)
                    {
                        Throw();
                    }
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => Throw());
        listener.Start();
        return listener;
    }

    private static void Throw()
    {
        if (IsMine.Value)
        {
            throw new InvalidOperationException("A listener threw.");
        }
    }
}
