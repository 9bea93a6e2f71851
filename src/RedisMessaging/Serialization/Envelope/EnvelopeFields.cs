using System.Text.Json;

namespace RedisMessaging.Serialization.Envelope;

/// <summary>The header's fields, short because they stand in every message.</summary>
internal static class EnvelopeFields
{
    public const int CurrentVersion = 1;

    public static readonly JsonEncodedText Version = JsonEncodedText.Encode("rm");
    public static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    public static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");
    public static readonly JsonEncodedText At = JsonEncodedText.Encode("at");
    public static readonly JsonEncodedText Source = JsonEncodedText.Encode("src");
    public static readonly JsonEncodedText Key = JsonEncodedText.Encode("key");
    public static readonly JsonEncodedText CorrelationId = JsonEncodedText.Encode("cid");
    public static readonly JsonEncodedText ExpiresAt = JsonEncodedText.Encode("exp");
    public static readonly JsonEncodedText Headers = JsonEncodedText.Encode("headers");

    public static readonly JsonEncodedText ReplyTo = JsonEncodedText.Encode("reply");
    public static readonly JsonEncodedText InReplyTo = JsonEncodedText.Encode("re");
    public static readonly JsonEncodedText ErrorType = JsonEncodedText.Encode("error");

    public static readonly JsonEncodedText RedrivenFrom = JsonEncodedText.Encode("redriven");

    /// <summary>What every frame of ours starts with; anything else is foreign.</summary>
    public static ReadOnlySpan<byte> Start => "{\"rm\":"u8;
}
