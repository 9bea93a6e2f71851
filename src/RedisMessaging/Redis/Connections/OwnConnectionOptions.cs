using RedisMessaging.Redis.Sockets;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections;

/// <summary>Options of the connections that the bus opens for itself.</summary>
internal static class OwnConnectionOptions
{
    private const int DefaultConnectTimeout = 5_000;

    // A blocking connection subscribes to nothing: without these RESP2 opens one socket instead of two.
    private static readonly HashSet<string> SubscribeCommands =
        ["SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUNSUBSCRIBE"];

    private const int KeepAliveSeconds = 5;

    // What was a replica when StackExchange.Redis looked, it refuses to write to until it looks again, by default a minute later; a replica
    // that took over would wait for that.
    private const int RoleCheckSeconds = 2;

    // A day, in ms. StackExchange.Redis multiplies it by four.
    private const int AsGoodAsNever = 24 * 60 * 60 * 1_000;

    /// <summary>Publish, ack, scripts: nothing blocking ever runs on it.</summary>
    public static ConfigurationOptions ForCommands(ConfigurationOptions options, string clientName)
    {
        // 3.x refuses CLIENT and INFO otherwise; both are needed, for UNBLOCK and for the server's version.
        options.AllowAdmin = true;
        options.ClientName ??= clientName;
        Complete(options);
        if (options.ConnectTimeout == DefaultConnectTimeout)
        {
            // A wrong password is noticed at once, or, now and then, only when this time is over.
            options.ConnectTimeout = DefaultConnectTimeout * 3 / 4;
        }

        return options;
    }

    public static ConfigurationOptions ForSubscriptions(ConfigurationOptions options, string clientName)
    {
        options.ClientName = clientName + "/pubsub";
        Complete(options);
        // Nothing is written to a subscription: until the next ping a half-open link looks like silence, and by default that is a minute
        // away.
        options.KeepAlive = KeepAliveSeconds;
        options.AbortOnConnectFail = false;
        options.ReconnectRetryPolicy = new LinearRetry(500);
        return options;
    }

    /// <summary>Publishes that wait for replicas: WAIT holds up what comes after it.</summary>
    public static ConfigurationOptions ForConfirmed(ConfigurationOptions options, string clientName, TimeSpan longestWait)
    {
        options.ClientName = clientName + "/confirmed";
        Complete(options);
        options.AbortOnConnectFail = false;
        options.AllowAdmin = true;
        options.ConnectTimeout = 3_000;
        options.AsyncTimeout = Math.Max(options.AsyncTimeout, (int)(longestWait + TimeSpan.FromSeconds(5)).TotalMilliseconds);
        options.ReconnectRetryPolicy = new LinearRetry(500);
        return options;
    }

    /// <summary>
    /// One blocking call at a time. A command that outlives AsyncTimeout leaves the server parked on it, and the next message is lost to
    /// all consumers; and a large reply over a slow link would be thrown away at its end, and asked for again. So it is left to
    /// <see cref="BlockingConnection"/>, which looks at what arrives. SyncTimeout stays: ConnectTimeout and the retry policy derive from
    /// it.
    /// </summary>
    public static ConfigurationOptions ForBlocking(ConfigurationOptions options, string clientName)
    {
        options.ClientName = clientName;
        Complete(options);
        options.AbortOnConnectFail = false;
        options.AllowAdmin = true;
        options.AsyncTimeout = AsGoodAsNever;
        options.ConnectTimeout = 3_000;
        options.ReconnectRetryPolicy = new LinearRetry(500);
        // The loop wants the error, not a read that is queued for a connection that may never come.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        WithoutSubscriptions(options);
        return options;
    }

    /// <summary>
    /// Renewals of leases, which wait on a thread of their own for replies that threads of their own read: handlers that block the pool's
    /// threads must not make leases run out. From 3.0 on StackExchange.Redis writes on the pool whatever the options say, unless the
    /// program sets its feature flag DedicatedThreads.
    /// </summary>
    public static ConfigurationOptions ForLeases(ConfigurationOptions options, string clientName, SocketManager socketManager)
    {
        options.ClientName = clientName + "/leases";
        options.SocketManager = socketManager;
        Complete(options);
        options.Tunnel = new OwnThreadTunnel(options.Tunnel);
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = 3_000;
        options.SyncTimeout = 2_000;
        options.ReconnectRetryPolicy = new LinearRetry(500);
        // The command connection is there for what this one can't do.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        WithoutSubscriptions(options);
        return options;
    }

    private static void WithoutSubscriptions(ConfigurationOptions options)
    {
        if (options.CommandMap == CommandMap.Default)
        {
            options.CommandMap = CommandMap.Create(SubscribeCommands, available: false);
        }
    }

    private static void Complete(ConfigurationOptions options)
    {
        options.ConfigCheckSeconds = Math.Min(options.ConfigCheckSeconds, RoleCheckSeconds);
        // StackExchange.Redis' own threads are there for callers that block one of the pool's until a reply comes. Nobody in here does, and
        // a hop between two sets of threads for each reply costs more than the reply.
        options.SocketManager ??= SocketManager.ThreadPool;
    }
}
