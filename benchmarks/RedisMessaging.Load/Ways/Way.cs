using RedisMessaging.Load.Messages;

namespace RedisMessaging.Load.Ways;

/// <summary>A way for messages from publishers to a handler: through the bus, or written by hand in one of the ways people write it.</summary>
internal abstract class Way(TransportKind transport, string name)
{
    public string Name { get; } = name;

    public TransportKind Transport { get; } = transport;

    /// <summary>How many messages a second it moves at the least, where it is known to be slow: how many are sent depends on it.</summary>
    public int? SlowestRate { get; init; }

    public abstract Task<ISender> OpenSenderAsync(Place place);

    /// <summary>Consumes until it is disposed of. What is sent once this returned arrives.</summary>
    public abstract Task<IAsyncDisposable> ConsumeAsync(Place place, Action<LoadMessage> handle);
}
