using RedisMessaging.Serialization;
using RedisMessaging.Topics;

namespace RedisMessaging;

/// <summary>A message on its way out, as an <see cref="IPublishFilter"/> sees it.</summary>
public sealed class PublishContext
{
    private Dictionary<string, string>? _headers;

    internal PublishContext(string topic, object message, Type messageType, PublishOptions? options)
    {
        Topic = topic;
        Message = message;
        MessageType = messageType;
        MessageId = options?.MessageId;
        Key = options?.Key;
        CorrelationId = options?.CorrelationId;
        Delay = options?.Delay;
        NotBefore = options?.NotBefore;
        TimeToLive = options?.TimeToLive;
        ExpectedVersion = options?.ExpectedVersion;
        Position = options?.Position;
        if (options?.Headers is { Count: > 0 } headers)
        {
            _headers = new Dictionary<string, string>(headers);
        }
    }

    /// <summary>The topic or concrete channel published to.</summary>
    public string Topic { get; }

    /// <summary>The message.</summary>
    public object Message { get; }

    /// <summary>The type it is published as.</summary>
    public Type MessageType { get; }

    /// <summary>The message's id; <see langword="null"/> lets the bus make one.</summary>
    public string? MessageId { get; set; }

    /// <summary>The message's key, if any.</summary>
    public string? Key { get; set; }

    /// <summary>The correlation id, if any.</summary>
    public string? CorrelationId { get; set; }

    /// <summary>How long the message is kept back, if at all.</summary>
    public TimeSpan? Delay { get; set; }

    /// <summary>Until when the message is kept back, if at all.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>How long the message is of use, if not for ever.</summary>
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>The version the stream must have, if it has to be a certain one.</summary>
    public long? ExpectedVersion { get; set; }

    /// <summary>The position the message is to get, if the publisher chose one.</summary>
    public string? Position { get; set; }

    /// <summary>The headers: a filter may add to them and change them.</summary>
    public IDictionary<string, string> Headers => _headers ??= [];

    internal Dictionary<string, string>? HeadersOrNull => _headers;
}
