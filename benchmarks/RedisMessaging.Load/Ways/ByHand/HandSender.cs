using RedisMessaging.Load.Messages;
using StackExchange.Redis;

namespace RedisMessaging.Load.Ways.ByHand;

/// <summary>Writes each message as JSON and sends it with one command.</summary>
internal sealed class HandSender(ConnectionMultiplexer connection, Place place, TransportKind transport, bool fireAndForget) : ISender
{
    /// <summary>How many commands may be under way unanswered, where nothing is awaited: a program that sets no limit runs out of memory.</summary>
    private const int Unanswered = 1_000;

    private readonly IDatabase _database = connection.GetDatabase();
    private readonly CommandFlags _flags = fireAndForget ? CommandFlags.FireAndForget : CommandFlags.None;

    public Task SendAsync(LoadMessage message) => Send(MessageFrame.Write(message));

    public async Task SendAllAsync(MessageSource source)
    {
        for (var sent = 1L; source.TryTake(); sent++)
        {
            await Send(MessageFrame.Write(source.Create()));
            if (fireAndForget && sent % Unanswered == 0)
            {
                await _database.PingAsync();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await connection.CloseAsync();
        await connection.DisposeAsync();
    }

    private Task Send(byte[] frame) => transport switch
    {
        TransportKind.PubSub => _database.PublishAsync(place.Channel, frame, _flags),
        TransportKind.Queue => _database.ListLeftPushAsync(place.Queue, frame, flags: _flags),
        _ => _database.StreamAddAsync(place.Stream, "m", frame, flags: _flags),
    };
}
