using RedisMessaging.Serialization;

namespace RedisMessaging;

/// <summary>A message on its way to its handler, as an <see cref="IConsumeFilter"/> sees it.</summary>
public sealed class ConsumeContext
{
    internal ConsumeContext(object message, Type messageType, MessageContext context, IServiceProvider services)
    {
        Message = message;
        MessageType = messageType;
        Context = context;
        Services = services;
    }

    /// <summary>The message.</summary>
    public object Message { get; }

    /// <summary>The type that the topic carries it as.</summary>
    public Type MessageType { get; }

    /// <summary>Where it came from: id, topic, attempt, headers.</summary>
    public MessageContext Context { get; }

    /// <summary>The message's DI scope, which its handler is taken from too.</summary>
    public IServiceProvider Services { get; }
}
