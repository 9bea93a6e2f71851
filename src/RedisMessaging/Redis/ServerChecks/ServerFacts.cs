using System.Globalization;
using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using StackExchange.Redis;

namespace RedisMessaging.Redis.ServerChecks;

/// <summary>
/// What a server says of itself. What it does not tell, because a command is denied or renamed as managed servers do, is
/// <see langword="null"/>.
/// </summary>
internal sealed record ServerFacts
{
    public Version? Version { get; init; }

    /// <summary>What it calls itself until it is restarted.</summary>
    public string? RunId { get; init; }

    /// <summary>Of a server that is a Garnet, its version.</summary>
    public string? GarnetVersion { get; init; }

    /// <summary>Why it does not run scripts with flags; <see langword="null"/> when it does.</summary>
    public string? ScriptError { get; init; }

    public bool? IsReplica { get; init; }

    public bool? IsCluster { get; init; }

    /// <summary>How many databases a cluster has.</summary>
    public int ClusterDatabases { get; init; } = 1;

    public string? EvictionPolicy { get; init; }

    /// <summary>The largest value the server takes, in bytes; a larger one makes it close the connection.</summary>
    public long? LargestValue { get; init; }

    /// <summary>Who the server takes us for.</summary>
    public string? User { get; init; }

    /// <summary>Asks everything at once: one round trip.</summary>
    /// <param name="askUser">Whether it matters who the server takes us for.</param>
    public static async Task<ServerFacts> AskAsync(IServer server, bool askUser, ILogger logger)
    {
        var info = AskAsync(server, error => Log.ServerVersionUnknown(logger, error), "INFO");
        var config = AskAsync(
            server,
            error => Log.ConfigDenied(logger, error),
            "CONFIG",
            "GET",
            "maxmemory-policy",
            "proto-max-bulk-len",
            "cluster-databases");
        var script = AskForScriptsAsync(server);
        var user = askUser
            ? AskAsync(server, error => Log.WhoAmIDenied(logger, error), "ACL", "WHOAMI")
            : Task.FromResult<RedisResult?>(null);
        await Task.WhenAll(info, config, user, script).ConfigureAwait(false);
        return Read((string?)await info.ConfigureAwait(false), Pairs(await config.ConfigureAwait(false))) with
        {
            User = (string?)await user.ConfigureAwait(false),
            ScriptError = await script.ConfigureAwait(false),
        };
    }

    /// <param name="info">The reply to INFO.</param>
    /// <param name="config">Settings by name.</param>
    public static ServerFacts Read(string? info, IReadOnlyDictionary<string, string> config)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in (info ?? "").Split('\n', StringSplitOptions.TrimEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                fields[line[..colon]] = line[(colon + 1)..];
            }
        }

        return new ServerFacts
        {
            Version = Version.TryParse(fields.GetValueOrDefault("redis_version"), out var version) ? version : null,
            RunId = fields.GetValueOrDefault("run_id"),
            GarnetVersion = fields.GetValueOrDefault("garnet_version"),
            IsReplica = fields.TryGetValue("role", out var role) ? role == "slave" : null,
            IsCluster = fields.TryGetValue("cluster_enabled", out var cluster) ? cluster == "1" : null,
            ClusterDatabases = int.TryParse(
                config.GetValueOrDefault("cluster-databases"),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var databases)
                ? databases
                : 1,
            EvictionPolicy = fields.GetValueOrDefault("maxmemory_policy") ?? config.GetValueOrDefault("maxmemory-policy"),
            LargestValue = long.TryParse(
                config.GetValueOrDefault("proto-max-bulk-len"),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var largest)
                ? largest
                : null,
        };
    }

    private static async Task<RedisResult?> AskAsync(IServer server, Action<Exception> denied, string command, params object[] arguments)
    {
        try
        {
            return await server.ExecuteAsync(command, arguments).ConfigureAwait(false);
        }
        catch (Exception error) when (RedisErrors.IsDenied(error))
        {
            denied(error);
            return null;
        }
    }

    /// <summary>
    /// Every script of this library starts as this one does. A user that may not send it learns of that from what needs a script.
    /// </summary>
    private static async Task<string?> AskForScriptsAsync(IServer server)
    {
        try
        {
            await server.ExecuteAsync("EVAL", "#!lua flags=no-writes\nreturn 1", 0).ConfigureAwait(false);
            return null;
        }
        catch (RedisServerException error) when (RedisErrors.IsUnsupported(error))
        {
            return BoundedText.MessageOf(error);
        }
        catch (Exception error) when (RedisErrors.IsRedisFault(error))
        {
            return null;
        }
    }

    /// <summary>RESP2 answers with a flat array, RESP3 with a map, which arrives flattened.</summary>
    private static Dictionary<string, string> Pairs(RedisResult? reply)
    {
        var values = (string?[]?)reply ?? [];
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < values.Length; i += 2)
        {
            pairs[values[i] ?? ""] = values[i + 1] ?? "";
        }

        return pairs;
    }
}
