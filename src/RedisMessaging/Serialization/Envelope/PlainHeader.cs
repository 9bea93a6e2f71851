using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace RedisMessaging.Serialization.Envelope;

/// <summary>
/// Writes and reads the header that most messages have, an id, a type, a time and a source, all of them plain text, as
/// <see cref="EnvelopeWriter"/> and <see cref="EnvelopeReader"/> would: that costs a fifth of the work of JSON, for every message.
/// </summary>
internal static class PlainHeader
{
    private const int MaxDigits = 20;
    private const int MaxTimeDigits = 14;

    private const string PlainText = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:/ ";

    /// <summary>What stands in a JSON string as it is.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create(PlainText);
    private static readonly SearchValues<byte> PlainBytes = SearchValues.Create(Encoding.ASCII.GetBytes(PlainText));

    private static ReadOnlySpan<byte> BeforeId => "{\"rm\":1,\"id\":\""u8;

    private static ReadOnlySpan<byte> BeforeType => "\",\"type\":\""u8;

    private static ReadOnlySpan<byte> BeforeAt => "\",\"at\":"u8;

    private static ReadOnlySpan<byte> BeforeSource => ",\"src\":\""u8;

    private static ReadOnlySpan<byte> AfterSource => "\"}\n"u8;

    /// <returns>False when there is more to write, or something that has to be escaped; nothing is written then.</returns>
    public static bool TryWrite(ArrayBufferWriter<byte> buffer, in EnvelopeHeader header)
    {
        if (header is not { Source: { } source, Key: null, CorrelationId: null, ExpiresAtMs: null, RedrivenFrom: null }
            || header is not { ReplyTo: null, InReplyTo: null, ErrorType: null }
            || header.Headers is { Count: > 0 })
        {
            return false;
        }

        var id = header.MessageId;
        if (id.AsSpan().ContainsAnyExcept(Plain)
            || header.Type.AsSpan().ContainsAnyExcept(Plain)
            || source.AsSpan().ContainsAnyExcept(Plain))
        {
            return false;
        }

        var names = BeforeId.Length + BeforeType.Length + BeforeAt.Length + BeforeSource.Length + AfterSource.Length;
        var rest = buffer.GetSpan(names + id.Length + header.Type.Length + MaxDigits + source.Length);
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

    /// <returns>False when the header is any other, or none.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> frame, out EnvelopeHeader header, out ReadOnlyMemory<byte> body)
    {
        var rest = frame.Span;
        if (Skip(ref rest, BeforeId)
            && TakeText(ref rest, out var id) && Skip(ref rest, BeforeType)
            && TakeText(ref rest, out var type) && Skip(ref rest, BeforeAt)
            && TakeTime(ref rest, out var publishedAtMs) && Skip(ref rest, BeforeSource)
            && TakeText(ref rest, out var source) && Skip(ref rest, AfterSource))
        {
            body = frame[^rest.Length..];
            header = new EnvelopeHeader
            {
                MessageId = null!,
                UnreadId = frame.Slice(BeforeId.Length, id.Length),
                Type = NameCache.Shared.Get(type),
                PublishedAtMs = publishedAtMs,
                Source = NameCache.Shared.Get(source),
            };
            return true;
        }

        (header, body) = (default, default);
        return false;
    }

    private static bool Skip(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> expected)
    {
        if (!rest.StartsWith(expected))
        {
            return false;
        }

        rest = rest[expected.Length..];
        return true;
    }

    private static bool TakeText(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text)
    {
        var end = rest.IndexOfAnyExcept(PlainBytes);
        text = end < 0 ? default : rest[..end];
        rest = rest[text.Length..];
        return !text.IsEmpty;
    }

    /// <summary>As digits alone, the first of them not 0, and few enough to be a time.</summary>
    private static bool TakeTime(ref ReadOnlySpan<byte> rest, out long ms)
    {
        ms = 0;
        var digits = 0;
        for (; digits < rest.Length && digits < MaxTimeDigits && rest[digits] is >= (byte)'0' and <= (byte)'9'; digits++)
        {
            ms = (10 * ms) + rest[digits] - '0';
        }

        var isTime = digits > 0 && rest[0] != (byte)'0';
        rest = rest[digits..];
        return isTime;
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
