using System.Globalization;

namespace RedisMessaging.Testing;

/// <summary>A Redis Cluster on this machine: three masters, each with a replica where a test wants to lose one.</summary>
public sealed class RedisCluster : RedisServer
{
    private const int Masters = 3;
    private const int Slots = 16384;

    private readonly List<OwnRedisServer> _nodes;

    private RedisCluster(List<OwnRedisServer> nodes) => _nodes = nodes;

    public override string ConnectionString => string.Join(',', _nodes.Select(node => node.ConnectionString));

    public override bool IsTemporary => true;

    /// <summary>When it returns, all nodes know each other, all slots are served and replicas are in sync.</summary>
    public static async Task<RedisCluster> StartAsync(bool replicas)
    {
        var nodes = new List<OwnRedisServer>();
        var busPorts = new List<string>();
        var cluster = new RedisCluster(nodes);
        try
        {
            for (var i = 0; i < (replicas ? 2 * Masters : Masters); i++)
            {
                // By default the bus's port is ten thousand above the other, and may be none.
                var busPort = FreePort.Find().ToString(CultureInfo.InvariantCulture);
                busPorts.Add(busPort);
                nodes.Add(await StartPrivateAsync(settings: ["--cluster-enabled", "yes", "--cluster-node-timeout", "1500", "--cluster-port", busPort, "--repl-diskless-sync-delay", "0"]));
            }

            await cluster.FormAsync(busPorts);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async Task<int> SlotOfAsync(string key) => int.Parse(await RedisReply.ToAsync(_nodes[0].ConnectionString, "CLUSTER", "KEYSLOT", key), CultureInfo.InvariantCulture);

    /// <summary>Who serves a slot.</summary>
    public async Task<OwnRedisServer> OwnerOfAsync(int slot) => await FindOwnerAsync(slot, _nodes[0]) ?? throw new InvalidOperationException($"Nobody serves slot {slot}.");

    /// <summary>Waits until another node serves a slot, and all that are left know.</summary>
    public async Task FailedOverAsync(int slot, OwnRedisServer lost)
    {
        foreach (var node in _nodes.Where(node => node != lost))
        {
            await Eventually.TrueAsync(
                async () => await FindOwnerAsync(slot, node) is { } owner && owner != lost && (await RedisReply.ToAsync(node.ConnectionString, "CLUSTER", "INFO")).Contains("cluster_state:ok", StringComparison.Ordinal),
                what: $"another node serves slot {slot}");
        }
    }

    /// <summary>The replica of one of the first masters.</summary>
    public OwnRedisServer ReplicaOf(OwnRedisServer master) => _nodes[_nodes.IndexOf(master) + Masters];

    /// <summary>Another master than the one that serves a slot.</summary>
    public async Task<OwnRedisServer> OtherThanAsync(OwnRedisServer owner)
    {
        foreach (var node in _nodes)
        {
            if (node != owner && (await RedisReply.ToAsync(node.ConnectionString, "ROLE")).StartsWith("master", StringComparison.Ordinal))
            {
                return node;
            }
        }

        throw new InvalidOperationException("There is no other master.");
    }

    /// <summary>Moves a slot with all its keys to another node, as <c>redis-cli --cluster reshard</c> does, and takes its time.</summary>
    /// <param name="pause">After each of the steps, so that clients meet the slot in each state.</param>
    public async Task MoveSlotAsync(int slot, OwnRedisServer to, TimeSpan pause)
    {
        var from = await OwnerOfAsync(slot);
        var number = slot.ToString(CultureInfo.InvariantCulture);
        var (toId, fromId) = (await IdAsync(to), await IdAsync(from));
        await RedisReply.ToAsync(to.ConnectionString, "CLUSTER", "SETSLOT", number, "IMPORTING", fromId);
        await RedisReply.ToAsync(from.ConnectionString, "CLUSTER", "SETSLOT", number, "MIGRATING", toId);
        await Task.Delay(pause);
        while (await RedisReply.ToAsync(from.ConnectionString, "CLUSTER", "GETKEYSINSLOT", number, "1") is { Length: > 0 } key)
        {
            await RedisReply.ToAsync(from.ConnectionString, ["MIGRATE", .. to.ConnectionString.Split(':'), key, "0", "5000"]);
            await Task.Delay(pause / 4);
        }

        await Task.Delay(pause);
        await RedisReply.ToAsync(to.ConnectionString, "CLUSTER", "SETSLOT", number, "NODE", toId);
        await RedisReply.ToAsync(from.ConnectionString, "CLUSTER", "SETSLOT", number, "NODE", toId);
        foreach (var node in _nodes.Where(node => node != from && node != to))
        {
            await RedisReply.ToAsync(node.ConnectionString, "CLUSTER", "SETSLOT", number, "NODE", toId);
        }
    }

    /// <summary>Whether the server can do <see cref="MoveSlotAtOnceAsync"/>.</summary>
    public static bool CanMoveSlotsAtOnce => ImportsSlots || SendsSlots;

    private static bool ImportsSlots => ServerCommands.Know("CLUSTER|MIGRATION");

    private static bool SendsSlots => ServerCommands.Know("CLUSTER|MIGRATESLOTS");

    /// <summary>Moves a slot as newer servers do: all keys are copied, and then it is another node's in one step. When it returns, all nodes know.</summary>
    public async Task MoveSlotAtOnceAsync(int slot, OwnRedisServer to)
    {
        var from = await OwnerOfAsync(slot);
        var number = slot.ToString(CultureInfo.InvariantCulture);
        await (ImportsSlots
            ? RedisReply.ToAsync(to.ConnectionString, "CLUSTER", "MIGRATION", "IMPORT", number, number)
            : RedisReply.ToAsync(from.ConnectionString, "CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", number, number, "NODE", await IdAsync(to)));
        foreach (var node in _nodes)
        {
            await Eventually.TrueAsync(async () => await FindOwnerAsync(slot, node) == to, what: $"slot {slot} is another node's");
        }
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private async Task<OwnRedisServer?> FindOwnerAsync(int slot, OwnRedisServer asked)
    {
        foreach (var line in (await RedisReply.ToAsync(asked.ConnectionString, "CLUSTER", "NODES")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = line.Split(' ');
            if (fields[2].Contains("master", StringComparison.Ordinal) && !fields[2].Contains("fail", StringComparison.Ordinal) && fields.Skip(8).Any(range => Covers(range, slot)))
            {
                return _nodes.Single(node => fields[1].StartsWith(node.ConnectionString + "@", StringComparison.Ordinal));
            }
        }

        return null;
    }

    private static bool Covers(string range, int slot)
    {
        // "[93-<-id]" is a slot on the move.
        var ends = range.Split('-');
        return !range.StartsWith('[') && slot >= int.Parse(ends[0], CultureInfo.InvariantCulture) && slot <= int.Parse(ends[^1], CultureInfo.InvariantCulture);
    }

    private static Task<string> IdAsync(OwnRedisServer node) => RedisReply.ToAsync(node.ConnectionString, "CLUSTER", "MYID");

    private async Task FormAsync(List<string> busPorts)
    {
        for (var i = 0; i < _nodes.Count; i++)
        {
            await RedisReply.ToAsync(_nodes[i].ConnectionString, "CLUSTER", "SET-CONFIG-EPOCH", $"{i + 1}");
            await RedisReply.ToAsync(_nodes[0].ConnectionString, ["CLUSTER", "MEET", .. _nodes[i].ConnectionString.Split(':'), busPorts[i]]);
            if (i < Masters)
            {
                await RedisReply.ToAsync(_nodes[i].ConnectionString, "CLUSTER", "ADDSLOTSRANGE", $"{Slots * i / Masters}", $"{(Slots * (i + 1) / Masters) - 1}");
            }
        }

        await AllAsync("INFO", $"cluster_known_nodes:{_nodes.Count}");
        for (var i = Masters; i < _nodes.Count; i++)
        {
            await RedisReply.ToAsync(_nodes[i].ConnectionString, "CLUSTER", "REPLICATE", await IdAsync(_nodes[i - Masters]));
        }

        await AllAsync("INFO", "cluster_state:ok");
        for (var i = Masters; i < _nodes.Count; i++)
        {
            await Replication.InSyncAsync(_nodes[i]);
        }
    }

    private async Task AllAsync(string what, string expected) => await Eventually.TrueAsync(
        async () => (await Task.WhenAll(_nodes.Select(node => RedisReply.ToAsync(node.ConnectionString, "CLUSTER", what)))).All(reply => reply.Contains(expected, StringComparison.Ordinal)),
        what: $"{expected} on all nodes of the cluster");
}
