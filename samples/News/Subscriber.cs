using RedisMessaging;

namespace News;

/// <summary><c>News subscribe</c>: prints what is published, until it is told to stop by a line, or the end, of its input.</summary>
internal static class Subscriber
{
    /// <summary>What it prints once it listens.</summary>
    public const string Listening = "listening";

    public static async Task RunAsync(string[] args)
    {
        using var host = Desk.Build(args);
        await host.StartAsync();
        var bus = Desk.BusOf(host);
        // One channel by its name, and all channels by a pattern: what is published to the one arrives at both. Streams tell the two apart by their groups.
        await bus.SubscribeAsync<NewsItem>("news:sport", (item, context, _) => Print("sport desk", item, context), new SubscribeOptions { Group = "sport-desk" });
        await bus.SubscribeAsync<NewsItem>(Desk.Channels, (item, context, _) => Print("everything", item, context), new SubscribeOptions { Group = "everything" });
        Console.WriteLine(Listening);
        await Console.In.ReadLineAsync();
        await host.StopAsync();
    }

    private static ValueTask Print(string reader, NewsItem item, MessageContext context)
    {
        Console.WriteLine($"{reader} | {context.Channel} | {item.Headline}");
        return ValueTask.CompletedTask;
    }
}
