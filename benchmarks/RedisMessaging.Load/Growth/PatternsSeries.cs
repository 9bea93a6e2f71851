using RedisMessaging.Load.Measuring;
using RedisMessaging.Load.Messages;

namespace RedisMessaging.Load.Growth;

/// <summary>So many patterns, of which one matches: the server looks at all of them for each message.</summary>
internal sealed class PatternsSeries() : GrowthSeries("patterns", "Publishing to a channel that one of many patterns matches", "patterns subscribed to", 1, 100, 1_000)
{
    private const int Messages = 30_000;

    public override IReadOnlyList<TransportKind> Transports => [TransportKind.PubSub];

    public override async Task<(Sample Sample, int Connections)> MeasureAsync(string connection, TransportKind transport, int size)
    {
        await using var load = await BusUnderLoad.ConnectAsync(connection, messaging =>
        {
            for (var i = 0; i < size; i++)
            {
                messaging.AddPubSub<LoadMessage>($"load-{i}:*", topic => topic.BufferCapacity = Messages);
            }
        });
        for (var i = 0; i < size; i++)
        {
            await load.SubscribeAsync($"load-{i}:*");
        }

        return await load.PublishAsync(Messages, _ => "load-0:x", Messages);
    }
}
