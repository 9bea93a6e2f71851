using RedisMessaging.Diagnostics;
using RedisMessaging.Redis.Errors;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>The options of connections beside the command connection, and why one of them does not come up.</summary>
internal sealed class OwnConnectionProbe(ConnectionSettings settings, SentinelRouting sentinels, CommandConnection command)
{
    public ConfigurationOptions CopyOptions() => sentinels.CopyOwnOptions(command.CurrentOrNull);

    /// <summary>
    /// Finds out whether a connection that did not come up ever can. The command connection shows that the server answers.
    /// </summary>
    /// <exception cref="RedisMessagingConfigurationException">Redis refuses it.</exception>
    public async Task RequireAsync()
    {
        try
        {
            await LossDiagnosis.ProbeAsync(CopyOptions()).ConfigureAwait(false);
        }
        catch (Exception error) when (
            error is RedisException or TimeoutException && ConnectRefusal.Explain(error, CopyOptions().User) is not null)
        {
            throw settings.Source.Options is null && settings.BlockingConnectionOptions is null
                ? new RedisMessagingConfigurationException(
                    "A connection of our own could not be opened with the configuration string of the IConnectionMultiplexer that was "
                    + "handed over. Certificates, tunnels and token providers are not in that string: set BlockingConnectionOptions to the "
                    + $"full ConfigurationOptions. Redis or the handshake said: {BoundedText.MessageOf(error)}",
                    error)
                : ConnectRefusal.Explain(error, CopyOptions().User)!;
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            // The server is away for the moment.
        }
    }
}
