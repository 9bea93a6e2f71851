using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

/// <summary>What most parts of a bus share: its clock, its logger and its metrics.</summary>
internal sealed record BusServices(TimeProvider Time, ILogger Logger, Instruments Instruments);
