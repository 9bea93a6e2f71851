using System.Globalization;
using System.Security.Cryptography;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Serialization.Envelope;

namespace RedisMessaging.Serialization.Raw;

/// <summary>
/// A message and nothing else, as other programs write and read it: what a header would say is taken from where the message stood.
/// </summary>
internal abstract class RawFormat : FrameFormat
{
    private const int IdLength = 32;

    private static readonly long LatestMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private readonly TopicDefinition _topic;
    private readonly TimeProvider _time;

    /// <exception cref="RedisMessagingConfigurationException">
    /// No type, or several: nothing on the wire tells which one a message is.
    /// </exception>
    protected RawFormat(TopicDefinition topic, TimeProvider time)
    {
        _topic = topic;
        _time = time;
        Type = topic.MessageTypes.Count == 1
            ? topic.MessageTypes.First()
            : throw new RedisMessagingConfigurationException(
                $"Topic '{topic.Name}': Format is Raw, where nothing says which type a message is, so the topic has to carry exactly one; "
                    + $"it carries {topic.DescribeTypes()}. Give every type a topic of its own, or leave Format at Envelope.");
    }

    protected MessageType Type { get; }

    public sealed override void Check(string address, in EnvelopeHeader header, bool idGiven)
    {
        var refused = header switch
        {
            { ReplyTo: not null } => "a reply address (RequestAsync)",
            { Headers.Count: > 0 } => nameof(PublishOptions.Headers),
            { CorrelationId: not null } => nameof(PublishOptions.CorrelationId),
            { Key: not null } => nameof(PublishOptions.Key),
            { ExpiresAtMs: not null } => nameof(PublishOptions.TimeToLive),
            _ when idGiven && !_topic.Capabilities.Deduplication => nameof(PublishOptions.MessageId),
            _ => null,
        };
        if (refused is not null)
        {
            throw PublishRefusedException.Mistake(
                address,
                header.MessageId,
                $"it has {refused}, and the topic's Format is Raw, which can't carry it. Leave {refused} out, put it into the message "
                    + "itself, or set Format to Envelope.");
        }
    }

    public sealed override EnvelopeHeader Read(ReadOnlyMemory<byte> frame, in FrameOrigin origin, out ReadOnlyMemory<byte> body)
    {
        body = frame;
        return Describe(frame, origin, _time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    public override EnvelopeHeader? Show(ReadOnlyMemory<byte> frame, in FrameOrigin origin, out ReadOnlyMemory<byte> body)
    {
        body = frame;
        return Describe(frame, origin, receivedAtMs: 0);
    }

    public sealed override ReadOnlyMemory<byte> MarkRedriven(ReadOnlyMemory<byte> frame, string deadLetterId) => frame;

    private EnvelopeHeader Describe(ReadOnlyMemory<byte> frame, in FrameOrigin origin, long receivedAtMs) => new()
    {
        MessageId = origin.Position ?? origin.MadeUpId ?? Convert.ToHexStringLower(SHA256.HashData(frame.Span))[..IdLength],
        Type = Type.Name,
        PublishedAtMs = TimeOf(origin.Position) ?? receivedAtMs,
    };

    /// <summary>An entry's id begins with when it was added, if its publisher did not choose another one.</summary>
    private static long? TimeOf(string? position) =>
        position?.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash
            && ulong.TryParse(position.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            ? (long)Math.Min(ms, (ulong)LatestMs)
            : null;
}
