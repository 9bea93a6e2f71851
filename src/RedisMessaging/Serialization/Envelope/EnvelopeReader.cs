using System.Text;
using System.Text.Json;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics.DeadLetters;

namespace RedisMessaging.Serialization.Envelope;

/// <summary>Reads a frame's header. Fields it does not know are skipped, so that newer publishers may add some.</summary>
internal static class EnvelopeReader
{
    private static readonly long EarliestMs = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long LatestMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Reads the header, or throws with one of the reasons for a dead letter.</summary>
    /// <exception cref="UnhandleableMessageException">Not a frame, a newer version, or a broken header.</exception>
    public static EnvelopeHeader Read(ReadOnlyMemory<byte> frame, out ReadOnlyMemory<byte> body)
    {
        if (PlainHeader.TryRead(frame, out var plain, out body))
        {
            return plain;
        }

        var span = frame.Span;
        if (!span.StartsWith(EnvelopeFields.Start))
        {
            throw new UnhandleableMessageException(DeadLetterReason.Foreign, "It has no RedisMessaging envelope.");
        }

        var end = span.IndexOf((byte)'\n');
        if (end < 0)
        {
            throw new UnhandleableMessageException(DeadLetterReason.Undecodable, "The envelope's header is not ended by a newline.");
        }

        body = frame[(end + 1)..];
        try
        {
            return ReadHeader(frame[..end]);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or DecoderFallbackException)
        {
            throw new UnhandleableMessageException(DeadLetterReason.Undecodable, $"The envelope's header can't be read: {BoundedText.MessageOf(error)}", error);
        }
    }

    /// <summary>Reads the header where there is one that can be read.</summary>
    /// <param name="body">What stands behind the header; all of the frame when there is none.</param>
    public static EnvelopeHeader? ReadIfPossible(ReadOnlyMemory<byte> frame, out ReadOnlyMemory<byte> body)
    {
        try
        {
            return Read(frame, out body);
        }
        catch (UnhandleableMessageException)
        {
            body = frame;
            return null;
        }
    }

    /// <summary>Reads no more than the key. What is wrong with a header that can't be read is told by <see cref="Read"/>.</summary>
    public static string? ReadKey(ReadOnlyMemory<byte> frame)
    {
        var span = frame.Span;
        var end = span.IndexOf((byte)'\n');
        if (end < 0 || !span.StartsWith(EnvelopeFields.Start))
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(span[..end]);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals(EnvelopeFields.Key.EncodedUtf8Bytes))
                {
                    return ReadString(ref reader);
                }

                reader.Skip();
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
        }

        return null;
    }

    private static EnvelopeHeader ReadHeader(ReadOnlyMemory<byte> json)
    {
        ReadOnlyMemory<byte> unreadId = default;
        string? id = null, type = null, source = null, key = null, correlationId = null, redrivenFrom = null, replyTo = null, inReplyTo = null, errorType = null;
        long at = 0;
        long? expires = null;
        Dictionary<string, string>? headers = null;
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(EnvelopeFields.Version.EncodedUtf8Bytes))
            {
                reader.Read();
                if (reader.GetInt32() < 1)
                {
                    throw new JsonException($"'rm' is {reader.GetInt32()}, which is no version.");
                }

                if (reader.GetInt32() > EnvelopeFields.CurrentVersion)
                {
                    throw new UnhandleableMessageException(DeadLetterReason.NewerEnvelope, $"The envelope's version is {reader.GetInt32()}; this library reads up to {EnvelopeFields.CurrentVersion}. Upgrade the consumer.");
                }
            }
            else if (reader.ValueTextEquals(EnvelopeFields.Id.EncodedUtf8Bytes))
            {
                if (id is not null || !unreadId.IsEmpty)
                {
                    throw Doubled("id");
                }

                reader.Read();
                unreadId = PlainText(reader, json);
                id = unreadId.IsEmpty ? reader.GetString() : null;
            }
            else if (reader.ValueTextEquals(EnvelopeFields.Type.EncodedUtf8Bytes))
            {
                type = type is null ? ReadName(ref reader) : throw Doubled("type");
            }
            else if (reader.ValueTextEquals(EnvelopeFields.At.EncodedUtf8Bytes))
            {
                at = ReadTime(ref reader, "at");
            }
            else if (reader.ValueTextEquals(EnvelopeFields.ExpiresAt.EncodedUtf8Bytes))
            {
                expires = expires is null ? ReadTime(ref reader, "exp") : throw Doubled("exp");
            }
            else if (reader.ValueTextEquals(EnvelopeFields.Source.EncodedUtf8Bytes))
            {
                source = source is null ? ReadName(ref reader) : throw Doubled("src");
            }
            else if (reader.ValueTextEquals(EnvelopeFields.Key.EncodedUtf8Bytes))
            {
                key = ReadOnce(ref reader, key, "key");
            }
            else if (reader.ValueTextEquals(EnvelopeFields.CorrelationId.EncodedUtf8Bytes))
            {
                correlationId = ReadOnce(ref reader, correlationId, "cid");
            }
            else if (reader.ValueTextEquals(EnvelopeFields.ReplyTo.EncodedUtf8Bytes))
            {
                replyTo = ReadOnce(ref reader, replyTo, "reply");
            }
            else if (reader.ValueTextEquals(EnvelopeFields.InReplyTo.EncodedUtf8Bytes))
            {
                inReplyTo = ReadOnce(ref reader, inReplyTo, "re");
            }
            else if (reader.ValueTextEquals(EnvelopeFields.ErrorType.EncodedUtf8Bytes))
            {
                errorType = ReadOnce(ref reader, errorType, "error");
            }
            else if (reader.ValueTextEquals(EnvelopeFields.RedrivenFrom.EncodedUtf8Bytes))
            {
                // Each time it is put back the field is put in front of the former ones.
                var from = ReadString(ref reader);
                redrivenFrom ??= from;
            }
            else if (reader.ValueTextEquals(EnvelopeFields.Headers.EncodedUtf8Bytes))
            {
                headers = headers is null ? ReadHeaders(ref reader) : throw Doubled("headers");
            }
            else
            {
                reader.Skip();
            }
        }

        // Reading on throws when anything stands behind the object.
        return reader.TokenType != JsonTokenType.EndObject || reader.Read()
            ? throw new JsonException("The header is not one JSON object.")
            : new EnvelopeHeader
            {
                MessageId = string.IsNullOrEmpty(id) && unreadId.IsEmpty ? throw new JsonException("The header has no 'id'.") : id!,
                UnreadId = unreadId,
                Type = string.IsNullOrEmpty(type) ? throw new JsonException("The header has no 'type'.") : type,
                PublishedAtMs = at,
                Source = source,
                Key = key,
                CorrelationId = correlationId,
                ReplyTo = replyTo,
                InReplyTo = inReplyTo,
                ErrorType = errorType,
                RedrivenFrom = redrivenFrom,
                // Somebody wants it handled all the same.
                ExpiresAtMs = redrivenFrom is null ? expires : null,
                Headers = headers,
            };
    }

    private static Dictionary<string, string> ReadHeaders(ref Utf8JsonReader reader)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("'headers' is not an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!headers.TryAdd(name, ReadString(ref reader) ?? ""))
            {
                throw Doubled($"headers.{name}");
            }
        }

        return headers;
    }

    /// <summary>Two readers that disagree on which of two counts would see two different messages.</summary>
    private static string? ReadOnce(ref Utf8JsonReader reader, string? former, string name) => former is null ? ReadString(ref reader) : throw Doubled(name);

    private static JsonException Doubled(string name) => new($"'{BoundedText.Name(name)}' is there twice.");

    private static long ReadTime(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        var time = reader.GetInt64();
        return time < EarliestMs || time > LatestMs ? throw new JsonException($"'{name}' is {time}, which is no time in milliseconds.") : time;
    }

    /// <summary>A string's bytes when they are its characters as they stand; else nothing.</summary>
    private static ReadOnlyMemory<byte> PlainText(in Utf8JsonReader reader, ReadOnlyMemory<byte> json) =>
        reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped && Ascii.IsValid(reader.ValueSpan)
            ? json.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length)
            : default;

    /// <summary>What is the same in many messages, a type's or a publisher's name, is one string for all of them.</summary>
    private static string? ReadName(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped ? NameCache.Shared.Get(reader.ValueSpan) : reader.GetString();
    }

    private static string? ReadString(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }
}
