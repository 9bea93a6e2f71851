using System.Text;
using RedisMessaging.Serialization.Envelope;

namespace RedisMessaging.Publishing;

/// <summary>What a message may not exceed: looked at before anything is sent, so that what is refused is not stored.</summary>
/// <param name="maxMessageBytes">The most that envelope and body may take together, in bytes.</param>
internal sealed class PublishLimits(int maxMessageBytes)
{
    /// <summary>For a message's id, key and correlation id each, in characters.</summary>
    public const int MaxIdLength = 256;

    public const int MaxHeaders = 64;

    /// <summary>For the names and values of all headers together, in bytes of UTF-8.</summary>
    public const int MaxHeaderBytes = 8 * 1024;

    /// <summary>For an entry of a raw stream. A script passes 8,000 arguments to a command at the most, and each field takes two.</summary>
    public const int MaxFields = 3_500;

    public static readonly TimeSpan LongestDelay = TimeSpan.FromDays(3650);

    private const int ShownLength = 64;

    /// <summary>Throws on bytes that are no text: replacing them, as Encoding.UTF8 does, would change what was published.</summary>
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="PublishRefusedException">The header is too large, or holds what can't be carried.</exception>
    public static void Check(string topic, in EnvelopeHeader header)
    {
        var id = header.MessageId;
        if (id.Length == 0)
        {
            throw Refuse(topic, id, "its MessageId is empty. Leave it out to get a new one.");
        }

        CheckId(topic, id, nameof(PublishOptions.MessageId), id);
        CheckId(topic, id, nameof(PublishOptions.Key), header.Key);
        CheckId(topic, id, nameof(PublishOptions.CorrelationId), header.CorrelationId);
        if (header.Headers is { Count: > 0 } headers)
        {
            CheckHeaders(topic, id, headers);
        }
    }

    /// <exception cref="PublishRefusedException">The message is too large.</exception>
    public void CheckSize(string topic, string messageId, int bytes)
    {
        if (bytes > maxMessageBytes)
        {
            throw Refuse(
                topic,
                messageId,
                $"it takes {bytes} bytes, and MaxMessageBytes is {maxMessageBytes}. Store large content elsewhere and publish a reference "
                + "to it, or raise MaxMessageBytes.");
        }
    }

    /// <exception cref="PublishRefusedException">The entry has too many fields.</exception>
    public static void CheckFields(string topic, string messageId, int fields)
    {
        if (fields > MaxFields)
        {
            throw Refuse(
                topic,
                messageId,
                $"it has {fields} properties that are not null, each a field of an entry, since the topic's Format is Raw; {MaxFields} "
                + "are the most. Put several of them into one, or set Format to Envelope.");
        }
    }

    /// <exception cref="PublishRefusedException">It can't be kept back so.</exception>
    public static void CheckSchedule(
        string topic,
        TransportKind kind,
        TransportCapabilities capabilities,
        string messageId,
        TimeSpan? delay,
        DateTimeOffset? notBefore)
    {
        if (delay is null && notBefore is null)
        {
            return;
        }

        if (!capabilities.Scheduling)
        {
            throw Refuse(
                topic,
                messageId,
                $"it has a {(delay is null ? nameof(PublishOptions.NotBefore) : nameof(PublishOptions.Delay))}, and the topic is on "
                + $"{kind}, which stores no messages. Use a Queue or Stream topic to delay messages.");
        }

        if (delay is not null && notBefore is not null)
        {
            throw Refuse(topic, messageId, "it has both a Delay and a NotBefore. Give one of them.");
        }

        if (delay < TimeSpan.Zero || delay > LongestDelay)
        {
            throw Refuse(topic, messageId, $"its Delay is {delay}; it must be between 0 and {LongestDelay.TotalDays:F0} days.");
        }
    }

    /// <exception cref="PublishRefusedException">It can't live so long, or so short.</exception>
    public static void CheckTimeToLive(string topic, string messageId, TimeSpan? timeToLive)
    {
        if (timeToLive <= TimeSpan.Zero || timeToLive > LongestDelay)
        {
            throw Refuse(
                topic,
                messageId,
                $"its TimeToLive is {timeToLive}; it must be more than 0 and {LongestDelay.TotalDays:F0} days at most. Leave it out for a "
                + "message that does not expire.");
        }
    }

    private static void CheckId(string topic, string messageId, string name, string? value)
    {
        if (value is null)
        {
            return;
        }

        if (value.Length > MaxIdLength)
        {
            throw Refuse(topic, messageId, $"its {name} has {value.Length} characters; {MaxIdLength} is the limit.");
        }

        if (HasControl(value))
        {
            throw Refuse(topic, messageId, $"its {name} holds a control character.");
        }

        CountBytes(topic, messageId, name, value);
    }

    private static void CheckHeaders(string topic, string messageId, IReadOnlyDictionary<string, string> headers)
    {
        if (headers.Count > MaxHeaders)
        {
            throw Refuse(topic, messageId, $"it has {headers.Count} headers; {MaxHeaders} is the limit.");
        }

        var bytes = 0;
        foreach (var (name, value) in headers)
        {
            if (string.IsNullOrEmpty(name) || HasControl(name))
            {
                throw Refuse(topic, messageId, $"the header name '{Show(name)}' is empty or holds a control character.");
            }

            if (value is null)
            {
                throw Refuse(topic, messageId, $"the header '{Show(name)}' is null. Leave it out, or make it empty.");
            }

            bytes += CountBytes(topic, messageId, "header name", name) + CountBytes(topic, messageId, $"header '{Show(name)}'", value);
        }

        if (bytes > MaxHeaderBytes)
        {
            throw Refuse(
                topic,
                messageId,
                $"its headers take {bytes} bytes; {MaxHeaderBytes} is the limit. Put large values into the body.");
        }
    }

    /// <summary>What <see cref="char.IsControl(char)"/> says of any of them.</summary>
    private static bool HasControl(ReadOnlySpan<char> text) =>
        text.ContainsAnyInRange('\0', '\u001f') || text.ContainsAnyInRange('\u007f', '\u009f');

    private static int CountBytes(string topic, string messageId, string name, string value)
    {
        try
        {
            return Strict.GetByteCount(value);
        }
        catch (EncoderFallbackException error)
        {
            throw Refuse(topic, messageId, $"its {name} is no valid text: half of a surrogate pair at {error.Index}.");
        }
    }

    internal static PublishRefusedException Refuse(string topic, string messageId, string reason) =>
        PublishRefusedException.Mistake(topic, Show(messageId), reason);

    /// <summary>For an error message: not longer than a line, and without what would break it.</summary>
    internal static string Show(string text)
    {
        var shown = string.Concat(text.Take(ShownLength).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return text.Length > ShownLength ? shown + "…" : shown;
    }
}
