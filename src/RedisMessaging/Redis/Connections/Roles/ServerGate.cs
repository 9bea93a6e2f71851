using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.ServerChecks;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>Admits a server once it has answered and the library can work with it (<see cref="ServerInspection"/>).</summary>
internal sealed class ServerGate(ConnectionSettings settings, ILogger logger)
{
    /// <summary>Whether a server has answered and the library can work with it. False after a start without Redis.</summary>
    public bool IsChecked { get; private set; }

    /// <summary>Where keys and channels are, by the last check; <see langword="null"/> before the first.</summary>
    public ServerPlace? Place { get; private set; }

    /// <exception cref="RedisMessagingConfigurationException">The library can't work with the server; the text has the fix.</exception>
    public async Task CheckAsync(IConnectionMultiplexer command)
    {
        var database = command.GetDatabase();
        var server = ConnectedServer(command);
        if (server is null)
        {
            // Waits for a connection.
            await database.PingAsync().ConfigureAwait(false);
            server = ConnectedServer(command)
                ?? throw new RedisConnectionException(ConnectionFailureType.UnableToConnect, "No server is connected.");
        }

        // Not over the database: a cluster refuses any other than 0 after a while, and does not say why.
        await server.PingAsync().ConfigureAwait(false);
        var options = settings.Source.CopyOptions(command);
        var facts = await ServerFacts.AskAsync(server, askUser: !string.IsNullOrEmpty(options.User), logger).ConfigureAwait(false);
        Judge(facts, Expectations(options, database.Database));
        Place = new ServerPlace
        {
            RunId = facts.RunId,
            EndPoints = [.. command.GetEndPoints().Select(endPoint => $"{endPoint}")],
            IsCluster = IsCluster(command),
            Database = database.Database,
            ChannelStart = ChannelPrefix(options),
        };
        IsChecked = true;
    }

    /// <summary>Whether the connection leads to a cluster.</summary>
    public static bool IsCluster(IConnectionMultiplexer command) =>
        command.GetServers().Any(server => server.ServerType == ServerType.Cluster);

    /// <summary>The prefix that StackExchange.Redis adds to every channel, if the user asked for one.</summary>
    public static string ChannelPrefix(ConfigurationOptions options) => (string?)options.ChannelPrefix ?? "";

    private static IServer? ConnectedServer(IConnectionMultiplexer command) =>
        command.GetServers().Where(server => server.IsConnected).MinBy(server => server.IsReplica);

    private ServerExpectations Expectations(ConfigurationOptions options, int database) => new()
    {
        User = options.User,
        Database = database,
        ChannelPrefix = options.ChannelPrefix,
        BlockingConnectionOptions = settings.BlockingConnectionOptions,
        DurableTopics = settings.DurableTopics,
        MaxMessageBytes = settings.MaxMessageBytes,
    };

    private void Judge(ServerFacts facts, ServerExpectations expected)
    {
        foreach (var finding in ServerInspection.Look(facts, expected))
        {
            if (!finding.MayBeWarning || settings.OnUnsafeServer != OnUnsafeServer.Warn)
            {
                throw new RedisMessagingConfigurationException(finding.Text);
            }

            Log.UnsafeServer(logger, finding.Text);
        }
    }
}
