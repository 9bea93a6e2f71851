using RedisMessaging.Redis.StreamReading;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Transports.Streams;

/// <summary>Names an entry among all that a receiver may hold: ids of the two streams can be equal.</summary>
internal readonly record struct EntryRef(StreamSource Lane, StreamId Id)
{
    public static EntryRef Of(in Delivery delivery) => new((StreamSource)delivery.Source, StreamId.Parse(delivery.Receipt!));
}
