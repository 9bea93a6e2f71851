using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Keys;
using RedisMessaging.Topics;

namespace RedisMessaging.Transports.Contracts;

/// <summary>What a transport is made with.</summary>
/// <param name="Topic">The topic's name as registered.</param>
/// <param name="Prefix">The key prefix, also of channels; may be empty.</param>
/// <param name="Keys">Everything the topic has in Redis beside channels.</param>
/// <param name="Options">The topic's options, of the type that the transport's factory made.</param>
internal sealed record TransportContext(
    string Topic,
    string Prefix,
    TopicKeys Keys,
    TopicOptions Options,
    RedisConnections Connections,
    TimeProvider Time,
    ILogger Logger,
    Instruments Instruments)
{
    /// <summary>Whether publishes are sent so that the server can recognise a repeat; <see langword="null"/>: where it can. Without time for another attempt it is no use.</summary>
    public bool? RepeatsPublishes { get; init; }

    /// <summary>How many dead letters are kept.</summary>
    public int DeadLetterLimit => Math.Min(Options.DeadLetterLimit, Options.GetLargestDeadLetterLimit());

    /// <summary>Several processes may keep the same message aside: an index tells which are there.</summary>
    public bool IndexesDeadLetters => Options.HasSharedDeadLetters();
}
