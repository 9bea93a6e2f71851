using System.Text;
using System.Text.Json;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics.DeadLetters;

namespace RedisMessaging.Serialization.Envelope;

/// <summary>Reads a frame's header. Fields it does not know are skipped, so that newer publishers may add some.</summary>
internal static class EnvelopeReader
{
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
            return HeaderReader.Read(frame[..end]);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or DecoderFallbackException)
        {
            var detail = $"The envelope's header can't be read: {BoundedText.MessageOf(error)}";
            throw new UnhandleableMessageException(DeadLetterReason.Undecodable, detail, error);
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

    /// <summary>Reads no more than the key. <see cref="Read"/> reports why a header can't be read.</summary>
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
                    reader.Read();
                    return reader.GetString();
                }

                reader.Skip();
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
        }

        return null;
    }
}
