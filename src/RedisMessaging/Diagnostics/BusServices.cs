using Microsoft.Extensions.Logging;

namespace RedisMessaging.Diagnostics;

/// <summary>What nearly every part of a bus needs: its clock, its log and its counters.</summary>
internal sealed record BusServices(TimeProvider Time, ILogger Logger, Instruments Instruments);
