using System.Collections.ObjectModel;
using System.Text;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Topics;

namespace RedisMessaging;

/// <summary>What is known of a received message beside its body. The bus makes them; a test of a handler may make its own.</summary>
public class MessageContext
{
    internal static readonly IReadOnlyDictionary<string, string> NoHeaders = ReadOnlyDictionary<string, string>.Empty;

    private readonly ReadOnlyMemory<byte> _unreadId;
    private string? _messageId;
    private int _attempt = 1;
    private IReadOnlyDictionary<string, string>? _parameters;

    /// <summary>
    /// The message's id: the publisher's choice (<see cref="PublishOptions.MessageId"/>) or a generated one; the same on every delivery.
    /// With <see cref="MessageFormat.Raw"/> the stream entry's id; on a queue a hash of the message, which equal messages share; on Pub/Sub
    /// a new one for each receive.
    /// </summary>
    public required string MessageId { get => _messageId ??= Encoding.ASCII.GetString(_unreadId.Span); init => _messageId = value; }

    /// <summary>
    /// The topic as it was registered: for a family of topics its own name (<c>news:*</c>, <c>notifications:{userId}</c>).
    /// </summary>
    public required string Topic { get; init; }

    /// <summary>The concrete channel or topic the message was published to (<c>news:sport</c>), without the key prefix.</summary>
    public required string Channel { get; init; }

    /// <summary>
    /// What <see cref="Channel"/> has in the places of its family's parameters: with <c>notifications:{userId}</c>, "42" under "userId";
    /// with <c>*</c>, under "0", "1" and so on by their order. Empty for topics that are no family.
    /// </summary>
    public IReadOnlyDictionary<string, string> Parameters
    {
        get => _parameters ??= Pattern?.Read(Channel) ?? NoHeaders;
        init => _parameters = value;
    }

    /// <summary>The family that the parameters are read with, when they are asked for.</summary>
    internal TopicPattern? Pattern { get; init; }

    /// <summary>
    /// The publisher: application and instance (<c>shop-api/7f3a</c>); <see langword="null"/> when the publisher gave none.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>
    /// When the publisher made the message, by its clock, to the millisecond. With <see cref="MessageFormat.Raw"/> the time in the stream
    /// entry's id, elsewhere when it was received.
    /// </summary>
    public DateTimeOffset PublishedAt { get; init; }

    /// <summary>
    /// From when on no handler gets the message any more (<see cref="PublishOptions.TimeToLive"/>), to the millisecond;
    /// <see langword="null"/> when it does not expire, or was redriven.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>
    /// How often a handler has been started with this message as far as was recorded, this time included: 1 at first.
    /// Fetching a message without starting its handler does not count.
    /// </summary>
    public int Attempt { get => _attempt; init => _attempt = value; }

    /// <summary>The publisher's headers; empty when there are none.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = NoHeaders;

    /// <summary>The publisher's correlation id, if any.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>The publisher's key, if any.</summary>
    public string? Key { get; init; }

    /// <summary>The entry's id in the stream (<c>1763712000123-0</c>); <see langword="null"/> on the other transports.</summary>
    public string? Position { get; init; }

    /// <summary>
    /// The <see cref="DeadLetter.Id"/> it had among the dead letters, when it was put back from there
    /// (<see cref="IDeadLetters.RedriveAsync"/>); <see langword="null"/> otherwise.
    /// </summary>
    public string? RedrivenFrom { get; init; }

    /// <summary>The consumer group: on a stream the one that shares the messages, elsewhere a label.</summary>
    public required string Group { get; init; }

    /// <summary>The id as it stands in the frame, which becomes a string when somebody asks for it; empty when it is one already.</summary>
    internal ReadOnlyMemory<byte> UnreadId { init => _unreadId = value; }

    /// <summary>The same message, handled once more in place.</summary>
    internal MessageContext ForAttempt(int attempt)
    {
        var next = (MessageContext)MemberwiseClone();
        next._attempt = attempt;
        return next;
    }
}
