using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Diagnostics;
using RedisMessaging.Serialization;

namespace RedisMessaging.Consuming.Handlers;

/// <summary>A user's handler behind one untyped call, closed over its message type at registration.</summary>
internal abstract class HandlerBinding(Type messageType, string name, bool needsScope)
{
    public Type MessageType { get; } = messageType;

    /// <summary>For logs and errors.</summary>
    public string Name { get; } = name;

    /// <summary>The same, where the short one is another handler's as well.</summary>
    public virtual string FullName => Name;

    /// <summary>
    /// What it is known by from start to start, whatever its assembly is called: a class by its name with its namespace, a delegate by its
    /// message alone.
    /// </summary>
    public virtual string Identity => $"delegate {TypeName.Full(MessageType)}";

    /// <summary>Whether it is taken from a DI scope.</summary>
    public bool NeedsScope { get; } = needsScope;

    /// <summary>Refuses a handler class that the container can't make.</summary>
    public virtual void Check(ClassChecks checks)
    {
    }

    /// <summary>The bus's, from when a consumer opens: for what can't be thrown because something else is.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    public abstract ValueTask HandleAsync(
        object message,
        MessageContext context,
        IServiceProvider services,
        CancellationToken cancellationToken);
}
