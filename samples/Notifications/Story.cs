using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RedisMessaging;
using Samples;

namespace Notifications;

/// <summary>The same users over Pub/Sub and over a stream, side by side in a table.</summary>
internal static class Story
{
    public static async Task<bool> RunAsync()
    {
        var overPubSub = await RunAsync(nameof(TransportKind.PubSub), clean: true);
        var overStream = await RunAsync(nameof(TransportKind.Stream), clean: false);

        Console.WriteLine();
        Console.WriteLine($"{"",-28} {"sent",4}  {"PubSub",6}  {"Stream",6}");
        foreach (var (lost, kept) in overPubSub.Zip(overStream))
        {
            Console.WriteLine($"{lost.Situation,-28} {lost.Sent.Count,4}  {lost.Shown.Count,6}  {kept.Shown.Count,6}");
        }

        // Each line is compared whole, with whom it was sent to.
        var asPromised = AsPromised(overPubSub, whileAway: 0, afterALongTime: 0) && AsPromised(overStream, whileAway: 3, afterALongTime: 5);
        Console.WriteLine(asPromised
            ? "Each was shown only what was for them, in order and once. The stream is short: of a long time away it has the last 5."
            : "This is not what was promised: see above.");
        return asPromised;
    }

    private static async Task<IReadOnlyList<Outcome>> RunAsync(string transport, bool clean)
    {
        using var host = Setup.Build(transport);
        if (clean)
        {
            // What a former run left. What this one leaves can be looked at: XRANGE 'notifications-sample:{notifications:ada}:stream' - +
            var settings = host.Services.GetRequiredService<IConfiguration>().GetSection("RedisMessaging");
            await KeyCleaner.RemoveAsync(settings["Connection"]!, settings["KeyPrefix"]!);
        }

        await host.StartAsync();
        var outcomes = await new Chapter(transport, Setup.BusOf(host)).RunAsync();
        await host.StopAsync();
        return outcomes;
    }

    private static bool AsPromised(IReadOnlyList<Outcome> outcomes, int whileAway, int afterALongTime) => outcomes switch
    {
        [var minji, var ada, var closed, var killed, var away] =>
            minji.IsTheNewest(2) && ada.IsTheNewest(2) && closed.IsTheNewest(whileAway) && killed.IsTheNewest(whileAway) && away.IsTheNewest(afterALongTime),
        _ => false,
    };
}
