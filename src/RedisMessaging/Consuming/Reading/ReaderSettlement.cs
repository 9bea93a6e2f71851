using RedisMessaging.Consuming.InFlight;

namespace RedisMessaging.Consuming.Reading;

/// <summary>The verbs of one message that a reader holds.</summary>
internal sealed class ReaderSettlement(ConsumerPump pump, InFlightMessage held) : MessageSettlement(pump, held);
