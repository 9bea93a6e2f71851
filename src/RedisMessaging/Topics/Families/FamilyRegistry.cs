using RedisMessaging.Redis.Keys;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Transports.Contracts;
using StackExchange.Redis;

namespace RedisMessaging.Topics.Families;

/// <summary>
/// Which members a family has on one transport: written before a member's first message, read by those who subscribe to all of them.
/// </summary>
internal sealed class FamilyRegistry(TransportContext context, TransportKind kind)
{
    private const int Version = 1;
    private const int PageSize = 1_000;

    // A test holds them against the scripts.
    private static readonly string[] Commands =
    [
        "EVAL", "EVALSHA", "GET", "HGET", "HSETNX", "SCRIPT|LOAD", "SET", "TIME", "TYPE", "XADD",
        "ZADD", "ZCARD", "ZRANGE", "ZRANGEBYSCORE", "ZSCORE",
    ];

    private readonly FamilyKeys _keys = new(context.Keys, NameOf(kind));

    public RedisKey Signal => _keys.Signal;

    public static TopicLayout Layout(FamilyKeys keys) => new()
    {
        Name = "registry of members",
        Version = Version,
        Stamp = keys.Layout,
        Keys = [(keys.Members, "zset"), (keys.Signal, "stream"), (keys.Groups, "hash")],
        Commands = Commands,
    };

    /// <exception cref="RedisMessagingConfigurationException">Another layout, or a key that holds something else.</exception>
    public async ValueTask CheckAsync(CancellationToken cancellationToken) =>
        await TopicCheck.ForPublisherAsync(
            context,
            await ConnectAsync(cancellationToken).ConfigureAwait(false),
            Layout(_keys)).ConfigureAwait(false);

    /// <summary>For a process that follows the members.</summary>
    /// <exception cref="RedisMessagingConfigurationException">
    /// Another layout, a key that holds something else, or a missing right.
    /// </exception>
    public async ValueTask CheckForFollowerAsync(CancellationToken cancellationToken) =>
        await TopicCheck.ForConsumerAsync(
            context,
            await ConnectAsync(cancellationToken).ConfigureAwait(false),
            Layout(_keys)).ConfigureAwait(false);

    /// <summary>Registers members, those that are not registered yet, and wakes those that follow them.</summary>
    public async Task RegisterAsync(IEnumerable<string> members, CancellationToken cancellationToken)
    {
        var database = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        foreach (var some in members.Chunk(PageSize))
        {
            var names = Array.ConvertAll(some, name => (RedisValue)name);
            await FamilyCalls.RegisterMembers(_keys.Members, _keys.Signal, names).RunAsync(database).ConfigureAwait(false);
        }
    }

    /// <summary>The next members in the order of their registration.</summary>
    /// <param name="after">The number of the last one that is known.</param>
    /// <returns>One page; an empty one at the end.</returns>
    public async Task<IReadOnlyList<RegisteredMember>> ReadPageAsync(double after, CancellationToken cancellationToken)
    {
        var database = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await ReadPageAsync(database, after).ConfigureAwait(false);
    }

    /// <summary>The same for an operator.</summary>
    /// <exception cref="RedisMessagingConnectionException">Redis can't be asked.</exception>
    public ValueTask<IReadOnlyList<RegisteredMember>> AskPageAsync(double after, CancellationToken cancellationToken) =>
        context.Connections.AskAsync(
            $"The members of topic '{context.Topic}'",
            database => ReadPageAsync(database, after),
            cancellationToken,
            context.Keys.Pattern);

    /// <summary>All members, in the order of their registration.</summary>
    public async Task<IReadOnlyList<RegisteredMember>> ReadAllAsync(CancellationToken cancellationToken)
    {
        var all = new List<RegisteredMember>();
        IReadOnlyList<RegisteredMember> page;
        do
        {
            page = await ReadPageAsync(all.Count == 0 ? double.NegativeInfinity : all[^1].Number, cancellationToken).ConfigureAwait(false);
            all.AddRange(page);
        }
        while (page.Count == PageSize);
        return all;
    }

    /// <summary>The number of the member that was registered last, lower than any when no member is registered.</summary>
    public async Task<double> ReadLastNumberAsync(CancellationToken cancellationToken)
    {
        var database = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        var last = await database.SortedSetRangeByRankWithScoresAsync(_keys.Members, -1, -1).ConfigureAwait(false);
        return last.Length == 0 ? double.NegativeInfinity : last[0].Score;
    }

    public async Task<long> CountAsync(CancellationToken cancellationToken) =>
        await (await ConnectAsync(cancellationToken).ConfigureAwait(false)).SortedSetLengthAsync(_keys.Members).ConfigureAwait(false);

    /// <summary>Remembers which members there are when a group first subscribes.</summary>
    /// <returns>The number of the last of those.</returns>
    public async Task<double> SubscribeAsync(string group, CancellationToken cancellationToken)
    {
        var database = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        return (double)await FamilyCalls.Subscribe(_keys.Members, _keys.Groups, group).RunAsync(database).ConfigureAwait(false);
    }

    /// <summary>Forgets all members.</summary>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        var database = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        await database.KeyDeleteAsync([_keys.Members, _keys.Signal, _keys.Groups, _keys.Layout]).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<RegisteredMember>> ReadPageAsync(IDatabase database, double after)
    {
        var page = await database.SortedSetRangeByScoreWithScoresAsync(
            _keys.Members,
            after,
            exclude: Exclude.Start,
            take: PageSize).ConfigureAwait(false);
        return Array.ConvertAll(page, entry => new RegisteredMember(entry.Element!, entry.Score));
    }

    private static string NameOf(TransportKind kind) => kind.ToString().ToLowerInvariant();

    private ValueTask<IDatabase> ConnectAsync(CancellationToken cancellationToken) => context.Connections.ConnectAsync(cancellationToken);
}
