using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace RedisMessaging.Pipeline;

/// <summary>
/// Writes the header that most messages have, an id, a type, a time and a source, all of them plain text, as <see cref="EnvelopeWriter"/> would: that costs a fifth of a JSON writer's work, for every
/// message that is published.
/// </summary>
internal static class PlainHeader
{
    private const int LongestNumber = 20;

    /// <summary>What stands in a JSON string as it is.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:/ ");

    private static ReadOnlySpan<byte> BeforeId => "{\"rm\":1,\"id\":\""u8;

    private static ReadOnlySpan<byte> BeforeType => "\",\"type\":\""u8;

    private static ReadOnlySpan<byte> BeforeAt => "\",\"at\":"u8;

    private static ReadOnlySpan<byte> BeforeSource => ",\"src\":\""u8;

    private static ReadOnlySpan<byte> AfterSource => "\"}\n"u8;

    /// <returns>False when there is more to write, or something that has to be escaped; nothing is written then.</returns>
    public static bool TryWrite(ArrayBufferWriter<byte> buffer, in EnvelopeHeader header)
    {
        if (header is not { Source: { } source, Key: null, CorrelationId: null, ReplyTo: null, InReplyTo: null, ErrorType: null, ExpiresAtMs: null, RedrivenFrom: null } || header.Headers is { Count: > 0 })
        {
            return false;
        }

        var id = header.MessageId;
        if (id.AsSpan().ContainsAnyExcept(Plain) || header.Type.AsSpan().ContainsAnyExcept(Plain) || source.AsSpan().ContainsAnyExcept(Plain))
        {
            return false;
        }

        var rest = buffer.GetSpan(BeforeId.Length + id.Length + BeforeType.Length + header.Type.Length + BeforeAt.Length + LongestNumber + BeforeSource.Length + source.Length + AfterSource.Length);
        var before = rest.Length;
        Put(ref rest, BeforeId);
        Put(ref rest, id);
        Put(ref rest, BeforeType);
        Put(ref rest, header.Type);
        Put(ref rest, BeforeAt);
        Utf8Formatter.TryFormat(header.PublishedAtMs, rest, out var digits);
        rest = rest[digits..];
        Put(ref rest, BeforeSource);
        Put(ref rest, source);
        Put(ref rest, AfterSource);
        buffer.Advance(before - rest.Length);
        return true;
    }

    private static void Put(ref Span<byte> rest, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }

    private static void Put(ref Span<byte> rest, string text)
    {
        rest = rest[Encoding.ASCII.GetBytes(text, rest)..];
    }
}
