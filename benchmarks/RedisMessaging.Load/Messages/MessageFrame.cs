using System.Buffers;
using System.Text;
using System.Text.Json;

namespace RedisMessaging.Load.Messages;

/// <summary>What the hand-written programs send: as many bytes as the bus does, a header and the JSON behind it. They look at neither header nor id.</summary>
internal static class MessageFrame
{
    private static readonly byte[] Header =
        Encoding.UTF8.GetBytes("{\"rm\":1,\"id\":\"01a1fdf89f627bd0abd4596ddba6adc3\",\"type\":\"load-message\",\"at\":1763712000123,\"src\":\"RedisMessaging.Load/3b21b70782f7\"}\n");

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>One array and nothing else is allocated: what a careful program does.</summary>
    public static byte[] Write(LoadMessage message)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1_024);
        buffer.ResetWrittenCount();
        buffer.Write(Header);
        var writer = _writer ??= new Utf8JsonWriter(buffer);
        writer.Reset(buffer);
        JsonSerializer.Serialize(writer, message, LoadJson.Default.LoadMessage);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static LoadMessage Read(ReadOnlyMemory<byte> frame)
    {
        var span = frame.Span;
        return JsonSerializer.Deserialize(span[(span.IndexOf((byte)'\n') + 1)..], LoadJson.Default.LoadMessage)!;
    }
}
