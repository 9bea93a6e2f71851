using Microsoft.Extensions.Logging;
using RedisMessaging.Redis.Sockets;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Connections.Roles;

/// <summary>Copies the options that connections open with. Where they name Sentinels, the copies follow the primary.</summary>
internal sealed class SentinelRouting(ConnectionSettings settings, ILogger logger) : IAsyncDisposable
{
    private SentinelService? _commandSentinels;
    private SentinelService? _ownSentinels;

    /// <summary>The options of the command connection.</summary>
    /// <param name="command">The command connection, if there is one yet.</param>
    public ConfigurationOptions CopyCommandOptions(IConnectionMultiplexer? command) =>
        Follow(ref _commandSentinels, settings.Source.CopyOptions(command));

    /// <summary>The options of every other connection.</summary>
    /// <param name="command">The command connection, if there is one yet.</param>
    public ConfigurationOptions CopyOwnOptions(IConnectionMultiplexer? command) =>
        settings.BlockingConnectionOptions is { } own ? Follow(ref _ownSentinels, own.Clone()) : CopyCommandOptions(command);

    /// <summary>Asks the Sentinels that <see cref="CopyCommandOptions"/> found for the primary.</summary>
    public Task FindPrimaryAsync() => _commandSentinels!.FindPrimaryAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var sentinels in new[] { _commandSentinels, _ownSentinels })
        {
            if (sentinels is not null)
            {
                await sentinels.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private ConfigurationOptions Follow(ref SentinelService? known, ConfigurationOptions options)
    {
        if (SentinelService.Of(options, settings.ClientName, logger) is not { } service)
        {
            return options;
        }

        return (Interlocked.CompareExchange(ref known, service, null) ?? service).Follow(options);
    }
}
