using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace RedisMessaging.Testing;

/// <summary>Who follows whom, and how far.</summary>
public static partial class Replication
{
    /// <summary>Waits until a replica follows its primary.</summary>
    public static Task InSyncAsync(OwnRedisServer replica) => SaysAsync(replica, "master_link_status:up", within: null, "INFO", "replication");

    /// <summary>Waits until a server is a primary.</summary>
    public static Task PromotedAsync(OwnRedisServer server) => SaysAsync(server, "master", within: null, "ROLE");

    /// <summary>Has a cluster's replica take over. The command only starts that, and the nodes give it up when they do not agree in time: so it is said again.</summary>
    public static Task TakeOverAsync(OwnRedisServer replica) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                await RedisReply.ToAsync(replica.ConnectionString, "CLUSTER", "FAILOVER");
            }
            catch (InvalidOperationException)
            {
                // Under way, or over.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500));
            return (await RedisReply.ToAsync(replica.ConnectionString, "ROLE")).StartsWith("master", StringComparison.Ordinal);
        },
        TimeSpan.FromSeconds(60),
        $"{replica.ConnectionString} takes over");

    /// <summary>Waits until a server is a replica that is in sync. A Sentinel makes a primary that came back one after some ten seconds.</summary>
    public static async Task DemotedAsync(OwnRedisServer server)
    {
        await SaysAsync(server, "slave", TimeSpan.FromSeconds(60), "ROLE");
        await InSyncAsync(server);
    }

    /// <summary>
    /// Kills a primary in the middle of its work, at a moment when its replica has everything that was acknowledged. Without the pause it is chance how much is on
    /// its way, and even what has arrived at the replica's socket is thrown away with the connection.
    /// </summary>
    public static async Task KillInSyncAsync(OwnRedisServer primary, OwnRedisServer replica)
    {
        await RedisReply.ToAsync(primary.ConnectionString, "CLIENT", "PAUSE", "20000", "WRITE");
        await Eventually.TrueAsync(async () => await OffsetAsync(primary) == await OffsetAsync(replica), what: "the replica has everything");
        await primary.KillAsync();
    }

    private static async Task<string> OffsetAsync(OwnRedisServer server) => Offset().Match(await RedisReply.ToAsync(server.ConnectionString, "INFO", "replication")).Value;

    private static Task SaysAsync(OwnRedisServer server, string expected, TimeSpan? within, params string[] command) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                return (await RedisReply.ToAsync(server.ConnectionString, command)).Contains(expected, StringComparison.Ordinal);
            }
            catch (Exception error) when (error is IOException or SocketException or InvalidOperationException or OperationCanceledException)
            {
                // A Sentinel that changes a server's role closes its connections.
                return false;
            }
        },
        within,
        $"{server.ConnectionString} says '{expected}' to {string.Join(' ', command)}");

    // A replica's own, too: what it has taken over.
    [GeneratedRegex("master_repl_offset:[0-9]+")]
    private static partial Regex Offset();
}
