using System.Diagnostics;
using RedisMessaging.Load.Messages;
using RedisMessaging.Load.Ways;
using StackExchange.Redis;

namespace RedisMessaging.Load.Scenarios;

/// <summary>Messages that are there before anybody consumes.</summary>
internal static class Backlog
{
    private const int Chunk = 1_000;

    /// <summary>Through the bus: it is what its consumers find in Redis.</summary>
    public static async Task PublishAsync(Place place, TransportKind transport, int messages)
    {
        await using var bus = await new BusWay(transport).ConnectAsync(place);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, (messages + Chunk - 1) / Chunk),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (chunk, _) =>
            {
                var count = Math.Min(Chunk, messages - (chunk * Chunk));
                await bus.PublishManyAsync(Enumerable.Range(0, count).Select(_ => LoadMessage.Create(Stopwatch.GetTimestamp())), CancellationToken.None);
            });
    }

    public static async Task CopyAsync(Place from, Place to, TransportKind transport)
    {
        await using var connection = await to.ConnectAsync();
        var database = connection.GetDatabase();
        var copied = transport == TransportKind.Queue
            ? await database.KeyCopyAsync(from.Queue, to.Queue)
            : await database.KeyCopyAsync(from.Stream, to.Stream);
        if (!copied)
        {
            throw new RedisException($"The backlog of {from.Prefix} could not be copied.");
        }
    }
}
