using BenchmarkDotNet.Attributes;
using RedisMessaging.Load.Messages;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Serialization.Json;

namespace RedisMessaging.Benchmarks;

/// <summary>A message of 256 bytes written as JSON behind an envelope, and by hand behind a header that is always the same.</summary>
[Config(typeof(InProcess))]
[MemoryDiagnoser]
public class EncodeBenchmarks
{
    private readonly LoadMessage _message = LoadMessage.Create(42);
    private readonly JsonMessageSerializer _serializer = new(null, [LoadJson.Default], null);

    private readonly EnvelopeHeader _header = new()
    {
        MessageId = "01a1fdf89f627bd0abd4596ddba6adc3",
        Type = "load-message",
        PublishedAtMs = 1_763_712_000_123,
        Source = "RedisMessaging.Benchmarks/3b21b70782f7",
    };

    [Benchmark(Baseline = true)]
    public int ByHand() => MessageFrame.Write(_message).Length;

    [Benchmark]
    public int Envelope() => EnvelopeWriter.Write(_header, _serializer, _message).Length;
}
