using System.Buffers;
using BenchmarkDotNet.Attributes;
using RedisMessaging.Load.Messages;
using RedisMessaging.Serialization.Envelope;
using RedisMessaging.Serialization.Json;

namespace RedisMessaging.Benchmarks;

/// <summary>A message of 256 bytes read with its envelope, and by hand, where the header is skipped.</summary>
[Config(typeof(InProcess))]
[MemoryDiagnoser]
public class DecodeBenchmarks
{
    private readonly byte[] _frame = MessageFrame.Write(LoadMessage.Create(42));
    private readonly JsonMessageSerializer _serializer = new(null, [LoadJson.Default], null);

    [Benchmark(Baseline = true)]
    public object ByHand() => MessageFrame.Read(_frame);

    [Benchmark]
    public object Envelope()
    {
        var header = EnvelopeReader.Read(_frame, out var body);
        return header.PublishedAtMs == 0 ? header : _serializer.Deserialize<LoadMessage>(new ReadOnlySequence<byte>(body))!;
    }
}
