using Microsoft.Extensions.Logging;
using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Transports;

/// <summary>What a transport is made with.</summary>
/// <param name="Topic">The topic's name as registered.</param>
/// <param name="Prefix">The key prefix, also of channels; may be empty.</param>
/// <param name="Options">The topic's options, of the type that the transport's factory made.</param>
internal sealed record TransportContext(
    string Topic,
    string Prefix,
    TopicOptions Options,
    RedisConnections Connections,
    TimeProvider Time,
    ILogger Logger,
    Instruments Instruments)
{
    public TopicKeys Keys { get; } = new(Prefix, Topic);
}
