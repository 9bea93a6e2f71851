using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>
/// The channels that Redis itself publishes to: notifications of what happens to keys. They have the same names whatever prefixes a program uses.
/// </summary>
internal static class ServerChannel
{
    private const string Keyspace = "__keyspace@";
    private const string Keyevent = "__keyevent@";
    private const string End = "__:";

    public static bool IsOne(string address) => address.StartsWith(Keyspace, StringComparison.Ordinal) || address.StartsWith(Keyevent, StringComparison.Ordinal);

    /// <summary>For where plain channels do not do: StackExchange.Redis puts its ChannelPrefix in front of those, and subscribes to each on one node of a cluster.</summary>
    /// <exception cref="RedisMessagingConfigurationException">StackExchange.Redis has no such subscription.</exception>
    public static RedisChannel ToSubscribe(string address)
    {
        var start = address.StartsWith(Keyspace, StringComparison.Ordinal) ? Keyspace : Keyevent;
        var end = address.IndexOf(End, start.Length, StringComparison.Ordinal);
        if (end > 0 && TryReadDatabase(address[start.Length..end], out var database))
        {
            var name = address[(end + End.Length)..];
            if (start == Keyspace)
            {
                return database is { } one && !PubSubChannels.IsPattern(name) ? RedisChannel.KeySpaceSingleKey(name, one) : RedisChannel.KeySpacePattern(name, database);
            }

            if (name.Length > 0 && (!PubSubChannels.IsPattern(name) || (name == "*" && database is null)))
            {
                return RedisChannel.KeyEvent(Encoding.UTF8.GetBytes(name), database);
            }
        }

        throw new RedisMessagingConfigurationException(
            $"Topic '{address}': with a ChannelPrefix, and in a cluster, these forms can be subscribed to: '{Keyspace}0{End}*', '{Keyspace}*{End}*', '{Keyevent}0{End}expired', '{Keyevent}*{End}*'.");
    }

    private static bool TryReadDatabase(string text, out int? database)
    {
        database = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        return database is not null || text == "*";
    }
}
