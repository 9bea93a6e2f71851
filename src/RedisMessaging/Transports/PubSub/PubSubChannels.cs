using System.Text;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>From addresses to Redis' channels and back: always said to be literal, a pattern or sharded, because StackExchange.Redis guesses otherwise.</summary>
internal sealed class PubSubChannels(string topic, string prefix, PubSubOptions options)
{
    private const char Wildcard = '*';

    public static PubSubChannels Of(TransportContext context) => new(context.Topic, context.Prefix, (PubSubOptions)context.Options);

    public bool IsSharded => options.Sharded;

    public static bool IsPattern(string address) => address.Contains(Wildcard, StringComparison.Ordinal);

    public string NameOf(string address) => options.GetChannel(prefix, address);

    /// <summary>The address that a channel belongs to.</summary>
    public string AddressOf(string name) => options switch
    {
        { Key: not null } => topic,
        { Sharded: true } => name[(prefix.Length + 1)..^1],
        _ => name[prefix.Length..],
    };

    /// <summary>In a cluster every node takes a PUBLISH, and StackExchange.Redis sends one here, the next there, which puts an end to their order: so all go to one, as if the channel were a key.</summary>
    public RedisChannel ToPublish(string address) => IsSharded ? RedisChannel.Sharded(NameOf(address)) : RedisChannel.Literal(NameOf(address)).WithKeyRouting();

    /// <summary>Only the address can be a pattern; the prefix means itself, whatever characters it has.</summary>
    /// <exception cref="RedisMessagingConfigurationException">A pattern of sharded channels.</exception>
    public RedisChannel ToSubscribe(string address) => (IsSharded, IsPattern(address)) switch
    {
        (true, true) => throw new RedisMessagingConfigurationException($"Topic '{address}' is a pattern of sharded channels, and Redis has no subscription to patterns of those. Subscribe to the channels themselves, such as '{address.Replace("*", "sport", StringComparison.Ordinal)}', or leave Sharded out."),
        (true, false) => RedisChannel.Sharded(NameOf(address)),
        (false, true) => RedisChannel.Pattern(GlobOf(address)),
        _ => RedisChannel.Literal(NameOf(address)),
    };

    /// <summary>A glob for the channels of a pattern.</summary>
    public string GlobOf(string pattern) => IsSharded ? $"{EscapeGlob(prefix)}{{{pattern}}}" : EscapeGlob(prefix) + pattern;

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
