using System.Buffers;
using System.Text.Json;

namespace RedisMessaging.ContractTests;

/// <summary>Reads notes, save the bad ones.</summary>
internal sealed class ForeignSerializer(bool throws) : IMessageSerializer
{
    public bool CanSerialize(Type type, out string? fix)
    {
        fix = null;
        return true;
    }

    public void Serialize<T>(IBufferWriter<byte> writer, T message)
    {
        using var json = new Utf8JsonWriter(writer);
        JsonSerializer.Serialize(json, message, typeof(T), ContractJson.Default);
    }

    public T? Deserialize<T>(ReadOnlySequence<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        var message = (T?)JsonSerializer.Deserialize(ref reader, typeof(T), ContractJson.Default);
        return throws && message is Note { Text: ForeignTrial.Bad } ? throw new BrokenException(hasMessage: false) : message;
    }
}
