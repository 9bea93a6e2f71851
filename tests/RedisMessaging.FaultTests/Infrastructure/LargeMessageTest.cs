using System.Collections.Concurrent;
using System.Globalization;

namespace RedisMessaging.FaultTests;

/// <summary>
/// Row 34: messages that together are far more than the link carries in any timeout, and the link is cut on the way. They come at the link's speed, and what was sent is not sent again, save for
/// what a cut took.
/// </summary>
public abstract class LargeMessageTest(ITestOutputHelper output) : FaultTest(output)
{
    private const int Row = 34;

    private readonly ITestOutputHelper _output = output;

    private protected async Task DrainAsync(TransportKind kind, int count, int bytes, long perSecond, int cuts)
    {
        await StartServerAsync();
        var filler = new string('x', bytes);
        await using (var publisher = await RedisMessageBus.ConnectAsync(Server.ConnectionString, messaging => Configure(messaging, kind)))
        {
            for (var number = 0; number < count; number++)
            {
                await publisher.PublishAsync(new LoadMessage(0, number, filler));
            }
        }

        await using var proxy = FaultProxy.Start(Server.ConnectionString);
        proxy.BytesPerSecond = perSecond;
        var handled = new ConcurrentDictionary<int, int>();
        var started = TimeProvider.System.GetTimestamp();
        await using var consumer = await RedisMessageBus.ConnectAsync(proxy.ConnectionString, messaging => Configure(messaging, kind));
        await using var subscription = await consumer.SubscribeAsync<LoadMessage>(
            "large",
            (message, _, _) =>
            {
                handled.AddOrUpdate(message.Number, 1, (_, times) => times + 1);
                return ValueTask.CompletedTask;
            },
            new SubscribeOptions { StartAt = kind == TransportKind.Stream ? StartPosition.Beginning : StartPosition.Default });
        var ideal = TimeSpan.FromSeconds((double)count * bytes / perSecond);
        for (var cut = 1; cut <= cuts; cut++)
        {
            var reached = cut * count / (cuts + 1);
            await Eventually.TrueAsync(() => handled.Count >= reached, (ideal * 3) + TimeSpan.FromSeconds(30), what: $"{reached} are handled; {handled.Count} are");
            proxy.Reset();
        }

        await Eventually.TrueAsync(() => handled.Count == count, (ideal * 3) + TimeSpan.FromSeconds(30), what: $"all {count} are handled; {handled.Count} are");
        var took = TimeProvider.System.GetElapsedTime(started);
        var sent = (double)proxy.BytesCarried(LinkDirection.ToClient) / ((long)count * bytes);
        var doubled = handled.Values.Sum(times => times - 1);
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"row {Row} {(kind == TransportKind.Queue ? "queue" : "stream")} published {count} lost {count - handled.Count} doubled {doubled} leaked 0 recovered 0.0 s ({bytes >> 10} KiB each, {cuts} cuts, sent {sent:0.00} times their bytes, {took.TotalSeconds:0.0} s where {ideal.TotalSeconds:0.0} are needed)");
        _output.WriteLine(line);
        Matrix.Add(line);

        doubled.Should().Be(0);
        // A cut takes what is on its way: one read at the most, and what the buffers of the proxy hold.
        sent.Should().BeLessThan(1.2 + (cuts * (double)(10 << 20) / ((long)count * bytes)));
        took.Should().BeLessThan((ideal * 1.4) + TimeSpan.FromSeconds(5 * (1 + cuts)));
    }

    private static void Configure(RedisMessagingBuilder messaging, TransportKind kind)
    {
        messaging.KeyPrefix = "row34:";
        messaging.Application = "row34";
        messaging.MaxMessageBytes = 16 << 20;
        messaging.UseJson(LoadJson.Default);
        messaging.AddTopic<LoadMessage>("large", kind);
    }
}
