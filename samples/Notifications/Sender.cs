using RedisMessaging;

namespace Notifications;

/// <summary><c>Notifications send minji "…"</c>: tells a user something, and says what is known then.</summary>
internal static class Sender
{
    public static async Task RunAsync(string userId, IReadOnlyList<string> texts, string? transport)
    {
        using var host = Setup.Build(transport);
        await host.StartAsync();
        await SendAsync(Setup.BusOf(host), userId, texts);
        await host.StopAsync();
    }

    /// <returns>How many older ones were dropped to make room that a device had not shown yet.</returns>
    public static async Task<long> SendAsync(IMessageBus bus, string userId, IReadOnlyList<string> texts)
    {
        using var missed = new Missed(Setup.ChannelOf(userId));
        foreach (var text in texts)
        {
            var result = await bus.PublishToAsync(Setup.ChannelOf(userId), new Notification(text));
            Console.WriteLine($"  sent | {userId} | {text} | {Outcome(result)}");
        }

        foreach (var (device, count) in missed.ByDevice)
        {
            Console.WriteLine($"  the stream is short: {count} older ones are gone that {userId}'s {device} had not shown");
        }

        return missed.ByDevice.Values.Sum();
    }

    private static string Outcome(PublishResult result) => result switch
    {
        { Receivers: 0 } => "nobody is there: it is gone",
        { Receivers: { } receivers } => $"received by {receivers}",
        { Position: { } position } => $"kept as entry {position}",
        _ => "kept",
    };
}
