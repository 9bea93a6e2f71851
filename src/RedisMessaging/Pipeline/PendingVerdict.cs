using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>A verdict on its way to Redis.</summary>
internal readonly record struct PendingVerdict(HeldDelivery Held, Settlement Settlement);
