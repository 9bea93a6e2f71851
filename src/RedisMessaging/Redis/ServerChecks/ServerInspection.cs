namespace RedisMessaging.Redis.ServerChecks;

/// <summary>What a server has to be, all in one list. What the server does not tell is not held against it.</summary>
internal static class ServerInspection
{
    /// <summary>Scripts with flags, LMPOP, sharded channels.</summary>
    private static readonly Version OldestServer = new(7, 0);

    public static IEnumerable<ServerFinding> Look(ServerFacts server, ServerExpectations expected) =>
    [
        .. CheckProgram(server),
        .. CheckConnections(server, expected),
        .. CheckStorage(server, expected),
    ];

    /// <summary>Whether the server is a program that can do what transports need.</summary>
    private static IEnumerable<ServerFinding> CheckProgram(ServerFacts server)
    {
        if (server.Version is { } version && version < OldestServer)
        {
            yield return Fatal(
                $"The server is Redis {version}; RedisMessaging needs Redis 7.0 or Valkey 7.2 at least. Upgrade the server.");
        }

        if (server.GarnetVersion is { } garnet)
        {
            yield return Fatal(
                $"The server is Garnet {garnet}, which has no streams and does not run the scripts of RedisMessaging. Use Redis 7.0, "
                + "Valkey 7.2 or a newer one of either.");
        }
        else if (server.ScriptError is { } error)
        {
            yield return Fatal(
                $"The server does not run scripts as Redis 7.0 does ('{error}'). RedisMessaging needs Redis 7.0 or Valkey 7.2 at least.");
        }
    }

    /// <summary>Whether all connections reach the same data, as the user that they name.</summary>
    private static IEnumerable<ServerFinding> CheckConnections(ServerFacts server, ServerExpectations expected)
    {
        if (server.IsCluster == true && expected.Database >= server.ClusterDatabases)
        {
            var last = server.ClusterDatabases - 1;
            yield return Fatal(
                $"The connection asks for database {expected.Database}, but the server is a cluster, which has "
                + $"{(last == 0 ? "database 0 only" : $"databases 0 to {last} (cluster-databases)")}. Take defaultDatabase out of the "
                + "connection, and tell applications apart by KeyPrefix.");
        }

        if (expected.BlockingConnectionOptions is { } own)
        {
            if ((own.DefaultDatabase ?? 0) != expected.Database)
            {
                yield return Fatal(
                    $"BlockingConnectionOptions asks for database {own.DefaultDatabase ?? 0}, but the connection publishes to database "
                    + $"{expected.Database}: nothing that is published would ever be read. Give both the same DefaultDatabase.");
            }

            if (own.ChannelPrefix != expected.ChannelPrefix)
            {
                yield return Fatal(
                    $"BlockingConnectionOptions has the ChannelPrefix '{own.ChannelPrefix}', but the connection has "
                    + $"'{expected.ChannelPrefix}': nothing that is published would ever be received. Give both the same ChannelPrefix.");
            }
        }

        if (expected.User is { Length: > 0 } user && server.User is { } actual && actual != user)
        {
            yield return Unsafe(
                $"The connection names the user '{user}', but Redis takes it for '{actual}': the password of '{user}' is wrong or the "
                + $"user does not exist, and Redis lets '{actual}' in without one. Put the password right, or create the user (ACL "
                + $"SETUSER {user} on >password …).");
        }
    }

    /// <summary>Whether the server stores what it accepts, and accepts what is published.</summary>
    private static IEnumerable<ServerFinding> CheckStorage(ServerFacts server, ServerExpectations expected)
    {
        if (server.IsReplica == true)
        {
            const string fix = "Name the primary in the connection (or the Sentinels, with serviceName).";
            yield return expected.DurableTopics.Count > 0
                ? Fatal($"The server is a read-only replica, which can't store messages ({Name(expected.DurableTopics)}). {fix}")
                : Unsafe($"The server is a read-only replica: what is published on it reaches only its own subscribers. {fix}");
        }

        if (expected.DurableTopics.Count > 0 && server.EvictionPolicy?.StartsWith("allkeys-", StringComparison.Ordinal) == true)
        {
            yield return Unsafe(
                $"The server's maxmemory-policy is '{server.EvictionPolicy}': when memory is short it deletes queues and streams with "
                + $"everything in them, without an error ({Name(expected.DurableTopics)}). Set maxmemory-policy to noeviction (CONFIG SET "
                + "maxmemory-policy noeviction).");
        }

        if (server.LargestValue < expected.MaxMessageBytes)
        {
            yield return Fatal(
                $"MaxMessageBytes is {expected.MaxMessageBytes}, but the server closes the connection on values over "
                + $"{server.LargestValue} bytes (proto-max-bulk-len). Set MaxMessageBytes to {server.LargestValue} at most, or raise "
                + "proto-max-bulk-len.");
        }
    }

    private static ServerFinding Fatal(string text) => new(text, MayBeWarning: false);

    private static ServerFinding Unsafe(string text) => new(text + " To start anyway, set OnUnsafeServer to Warn.", MayBeWarning: true);

    private static string Name(IReadOnlyList<string> topics) =>
        (topics.Count == 1 ? "topic " : "topics ") + string.Join(
            ", ",
            topics.Take(3).Select(topic => $"'{topic}'")) + (topics.Count > 3 ? ", …" : "");
}
