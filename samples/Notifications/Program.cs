using Notifications;
using RedisMessaging;

// Notifications                                the story, over Pub/Sub and over a stream
// Notifications user minji [phone]             what minji is told, shown until the input ends; the device's name is its place in what she was told
// Notifications send minji "택배가 도착했습니다" …   tells minji something
// With --transport PubSub or --transport Stream in front, otherwise than appsettings.json says.
Console.OutputEncoding = System.Text.Encoding.UTF8;
var (transport, command) = args is ["--transport", var chosen, .. var rest] ? (chosen, rest) : (null, args);
if (transport is not (null or nameof(TransportKind.PubSub) or nameof(TransportKind.Stream)))
{
    // A queue has one group for all: two devices would take notifications from each other.
    return Refuse($"'{transport}' is no transport for notifications: PubSub or Stream.");
}

try
{
    switch (command)
    {
        case [] when transport is null:
            return await Story.RunAsync() ? 0 : 1;
        case ["user", var userId]:
            await User.RunAsync(userId, "phone", transport);
            return 0;
        case ["user", var userId, var device]:
            await User.RunAsync(userId, device, transport);
            return 0;
        case ["send", var userId, _, ..]:
            await Sender.RunAsync(userId, command[2..], transport);
            return 0;
        default:
            return Refuse("Usage: Notifications [--transport PubSub|Stream] [user NAME [DEVICE] | send NAME TEXT …]");
    }
}
catch (RedisMessagingConfigurationException mistake)
{
    return Refuse(mistake.Message);
}
catch (Exception late) when (late is TimeoutException or OperationCanceledException)
{
    Console.Error.WriteLine(late.Message);
    return 1;
}

static int Refuse(string why)
{
    Console.Error.WriteLine(why);
    return 2;
}
