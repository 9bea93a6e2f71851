using RedisMessaging.Topics;

namespace RedisMessaging;

/// <summary>What an asker may say of a request beside its body: see <see cref="IMessageBus.RequestAsync{TRequest, TReply}"/>.</summary>
public sealed record RequestOptions
{
    /// <summary>
    /// The topic, or a concrete channel of one that is registered as a pattern. Default: the only topic that carries the request's type.
    /// </summary>
    public string? Topic { get; init; }

    /// <summary>
    /// How long to wait for the reply, publishing included. Default 30 s; more than zero, one day at most. It is the request's
    /// <see cref="PublishOptions.TimeToLive"/> as well: no handler is started with it later, and it is dropped and counted then, never kept
    /// aside. The clocks of asker and handler have to agree accordingly.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc cref="PublishOptions.Key"/>
    public string? Key { get; init; }

    /// <inheritdoc cref="PublishOptions.Headers"/>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>
    /// An id that ties messages together, handed to the handler: 256 characters at most, no control characters. Replies find their request
    /// without it. Default: none.
    /// </summary>
    public string? CorrelationId { get; init; }
}
