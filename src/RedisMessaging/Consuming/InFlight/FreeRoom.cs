namespace RedisMessaging.Consuming.InFlight;

/// <summary>How much a consumer may fetch.</summary>
/// <param name="IsReserve">It is the room that is left for new messages beside what was redelivered.</param>
internal readonly record struct FreeRoom(int Messages, long Bytes, bool IsReserve);
