using RedisMessaging.Topics;

namespace RedisMessaging;

/// <summary>How a registered handler consumes.</summary>
public class HandlerOptions : ConsumerOptions
{
    /// <summary>The topic. Default: the only one that carries the message type.</summary>
    public string? Topic { get; set; }
}
