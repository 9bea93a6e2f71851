using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration.Buses;
using RedisMessaging.Redis.Connections;

namespace RedisMessaging.Bus;

/// <summary>What a bus is made of, with or without a container.</summary>
internal sealed record BusSetup
{
    public required RedisMessagingBuilder Builder { get; init; }

    public required RedisMessagingOptions Options { get; init; }

    public required ConnectionSource Source { get; init; }

    /// <summary>The section of the bus, where it has one.</summary>
    public IConfiguration? Configuration { get; init; }

    /// <summary>The name of the application.</summary>
    public required string Application { get; init; }

    /// <summary>Where handlers and filters come from.</summary>
    public IServiceProvider Services { get; init; } = EmptyServiceProvider.Instance;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public required ILoggerFactory Loggers { get; init; }

    /// <summary>The buses of the same container, which must not disturb each other.</summary>
    public BusNeighbours? Neighbours { get; init; }
}
