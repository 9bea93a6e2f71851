using RedisMessaging;
using Samples;

namespace Notifications;

/// <summary><c>Notifications user minji</c>: shows what is for one user, on one of their devices, until its input ends.</summary>
internal static class User
{
    /// <summary>What it prints once it listens.</summary>
    public const string Online = "online";

    public static async Task RunAsync(string userId, string device, string? transport)
    {
        using var host = Setup.Build(transport);
        await host.StartAsync();
        // On a stream the group is the device's place in its user's notifications, kept in Redis: each device gets all, a new one begins with what is still kept, and one that was away goes
        // on where it was. On Pub/Sub it is a label. Only this user's member is subscribed to: a process for each user must not read everybody's.
        await Setup.BusOf(host).SubscribeAsync<Notification>(
            Setup.ChannelOf(userId),
            (notification, context, _) =>
            {
                // Whom it was sent to, by the channel that it came over.
                Console.WriteLine($"{context.Parameters["userId"]} | {notification.Text}");
                return ValueTask.CompletedTask;
            },
            new SubscribeOptions { Group = device });
        Console.WriteLine(Online);
        await EndOfInput.WaitAsync();

        await host.StopAsync();
    }
}
