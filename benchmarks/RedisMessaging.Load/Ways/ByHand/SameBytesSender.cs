using RedisMessaging.Load.Messages;
using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>Sends the same bytes again and again, one awaited command each: what StackExchange.Redis itself takes, without any JSON.</summary>
internal sealed class SameBytesSender(ConnectionMultiplexer connection, Place place, TransportKind transport) : ISender
{
    private readonly IDatabase _database = connection.GetDatabase();
    private readonly byte[] _frame = MessageFrame.Write(LoadMessage.Create(System.Diagnostics.Stopwatch.GetTimestamp()));

    public Task SendAsync(LoadMessage message) => Send();

    public async Task SendAllAsync(MessageSource source)
    {
        while (source.TryTake())
        {
            await Send();
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private Task Send() => transport switch
    {
        TransportKind.PubSub => _database.PublishAsync(place.Channel, _frame),
        TransportKind.Queue => _database.ListLeftPushAsync(place.Queue, _frame),
        _ => _database.StreamAddAsync(place.Stream, "m", _frame),
    };
}
