using System.Text;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>From addresses to Redis' channels: always said to be literal or a pattern, because StackExchange.Redis guesses otherwise.</summary>
internal static class PubSubChannels
{
    private const char Wildcard = '*';

    /// <summary>In a cluster every node takes a PUBLISH, and StackExchange.Redis sends one here, the next there, which puts an end to their order: so all go to one, as if the channel were a key.</summary>
    public static RedisChannel ToPublish(string prefix, string address) => RedisChannel.Literal(prefix + address).WithKeyRouting();

    /// <summary>Only the address can be a pattern; the prefix means itself, whatever characters it has.</summary>
    public static RedisChannel ToSubscribe(string prefix, string address) => address.Contains(Wildcard, StringComparison.Ordinal)
        ? RedisChannel.Pattern(EscapeGlob(prefix) + address)
        : RedisChannel.Literal(prefix + address);

    private static string EscapeGlob(string text)
    {
        if (text.AsSpan().IndexOfAny(@"*?[]\") < 0)
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 4);
        foreach (var character in text)
        {
            if (character is Wildcard or '?' or '[' or ']' or '\\')
            {
                escaped.Append('\\');
            }

            escaped.Append(character);
        }

        return escaped.ToString();
    }
}
