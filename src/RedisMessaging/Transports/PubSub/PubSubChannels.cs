using System.Text;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Transports.PubSub;

/// <summary>
/// From addresses to Redis' channels and back, and the commands that take them. The only place that knows a channel's name: StackExchange.Redis puts its ChannelPrefix in front of what it sends by
/// itself, and of nothing that is sent as a raw command or from a script.
/// </summary>
/// <param name="channelPrefix">What StackExchange.Redis puts in front of channels. Asked for when it is needed: it is known once there is a connection.</param>
internal sealed class PubSubChannels(string topic, string prefix, PubSubOptions options, Func<string> channelPrefix)
{
    private const char Wildcard = '*';

    private string? _wirePrefix;

    public static PubSubChannels Of(TransportContext context) =>
        new(context.Topic, context.Prefix, (PubSubOptions)context.Options, () => context.Connections.ChannelPrefix);

    public bool IsSharded => options.Sharded;

    /// <summary>The command that publishes, for scripts.</summary>
    public string PublishCommand => IsSharded ? "SPUBLISH" : "PUBLISH";

    public static bool IsPattern(string address) => address.Contains(Wildcard, StringComparison.Ordinal);

    /// <summary>The channel as it is stored with a dead letter: without what StackExchange.Redis puts in front, which may change.</summary>
    public string StoredNameOf(string address) => options.Key ?? (IsSharded ? $"{PrefixOf(address)}{{{address}}}" : PrefixOf(address) + address);

    /// <summary>What a stored name needs in front of it for a raw command.</summary>
    public string WirePrefix => _wirePrefix ??= ServerChannel.IsOne(options.Key ?? topic) ? "" : channelPrefix();

    /// <summary>The channel as Redis knows it: for raw commands, scripts and rights.</summary>
    public string WireNameOf(string address) => WirePrefix + StoredNameOf(address);

    /// <summary>The address that a channel belongs to, by its name in a message that StackExchange.Redis brings.</summary>
    public string AddressOf(string name) => options switch
    {
        { Key: not null } => topic,
        { Sharded: true } => name[(prefix.Length + 1)..^1],
        _ => ServerChannel.IsOne(topic) ? name : name[prefix.Length..],
    };

    /// <summary>The same by its name in the answer to a raw command.</summary>
    public string AddressOfWireName(string name) => AddressOf(name[WirePrefix.Length..]);

    /// <summary>In a cluster every node takes a PUBLISH, and StackExchange.Redis sends one here, the next there, which puts an end to their order: so all go to one, as if the channel were a key.</summary>
    public RedisChannel ToPublish(string address) => IsSharded ? RedisChannel.Sharded(StoredNameOf(address)) : RedisChannel.Literal(StoredNameOf(address)).WithKeyRouting();

    /// <summary>Only the address can be a pattern; the prefix means itself, whatever characters it has.</summary>
    /// <param name="isCluster">Whether each node has channels of its own.</param>
    /// <exception cref="RedisMessagingConfigurationException">A pattern of sharded channels.</exception>
    public RedisChannel ToSubscribe(string address, bool isCluster) => (IsSharded, IsPattern(address)) switch
    {
        (true, true) => throw new RedisMessagingConfigurationException($"Topic '{address}' is a pattern of sharded channels, and Redis has no subscription to patterns of those. Subscribe to the channels themselves, such as '{address.Replace("*", "sport", StringComparison.Ordinal)}', or leave Sharded out."),
        (true, false) => RedisChannel.Sharded(StoredNameOf(address)),
        (false, _) when ServerChannel.IsOne(options.Key ?? address) && (isCluster || channelPrefix().Length > 0) => ServerChannel.ToSubscribe(options.Key ?? address),
        (false, true) => RedisChannel.Pattern(StoredGlobOf(address)),
        _ => RedisChannel.Literal(StoredNameOf(address)),
    };

    /// <summary>A glob for the channels of an address as Redis knows them, for raw commands and rights.</summary>
    public string WireGlobOf(string address) => options.Key is null && IsPattern(address) ? EscapeGlob(WirePrefix) + StoredGlobOf(address) : EscapeGlob(WireNameOf(address));

    /// <summary>The channels of a pattern that somebody subscribes to: their names on the wire.</summary>
    public async Task<string[]> ListAsync(IServer server, string pattern) =>
        (string[])(await server.ExecuteAsync("PUBSUB", IsSharded ? "SHARDCHANNELS" : "CHANNELS", WireGlobOf(pattern)).ConfigureAwait(false))!;

    /// <summary>How many subscribe to each channel on one server.</summary>
    /// <param name="names">Their names on the wire.</param>
    public async Task<IEnumerable<(string Name, long Count)>> CountAsync(IServer server, string[] names)
    {
        if (names.Length == 0)
        {
            return [];
        }

        object[] arguments = [IsSharded ? "SHARDNUMSUB" : "NUMSUB", .. names];
        var reply = (RedisResult[])(await server.ExecuteAsync("PUBSUB", arguments).ConfigureAwait(false))!;
        return Enumerable.Range(0, reply.Length / 2).Select(i => ((string)reply[2 * i]!, (long)reply[(2 * i) + 1]));
    }

    /// <summary>How many patterns are subscribed to on one server, whatever they match.</summary>
    public static async Task<long> CountPatternsAsync(IServer server) => (long)await server.ExecuteAsync("PUBSUB", "NUMPAT").ConfigureAwait(false);

    private string StoredGlobOf(string pattern) => IsSharded ? $"{EscapeGlob(prefix)}{{{pattern}}}" : EscapeGlob(PrefixOf(pattern)) + pattern;

    private string PrefixOf(string address) => ServerChannel.IsOne(address) ? "" : prefix;

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
