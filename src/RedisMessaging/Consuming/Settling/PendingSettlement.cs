using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming.Settling;

/// <summary>A settlement on its way to Redis.</summary>
internal readonly record struct PendingSettlement(InFlightMessage Held, Settlement Settlement);
