using System.Net;
using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Sockets;

/// <summary>
/// The primary of a service that Sentinels watch over. StackExchange.Redis' own way with Sentinels connects to all servers of the service
/// and takes each for what it says of itself; a primary that comes back from the dead says for some ten seconds that it is one, gets the
/// traffic, and loses it when its Sentinel makes it a replica. So our connections know one server, which is whatever the Sentinels name
/// when a socket is opened.
/// </summary>
internal sealed class SentinelService : IAsyncDisposable
{
    private const int ConnectTimeout = 3_000;
    private const int AnswerTimeout = 1_000;

    // The endpoint is a name for the service's primary; what is connected to, the Sentinels say.
    private const int NoPort = 6379;

    // Port 0 can't be listened on: connecting fails at once, and is tried again.
    private static readonly IPEndPoint Nobody = new(IPAddress.Loopback, 0);

    private readonly ConfigurationOptions _options;
    private readonly string _name;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private ConnectionMultiplexer? _sentinels;
    private EndPoint? _primary;
    private bool _disposed;

    private SentinelService(ConfigurationOptions options, string name, string clientName, ILogger logger)
    {
        _options = options.Clone();
        _options.ClientName = clientName + "/sentinel";
        _options.AbortOnConnectFail = true;
        _options.ConnectRetry = 1;
        _options.ConnectTimeout = ConnectTimeout;
        _options.AsyncTimeout = AnswerTimeout;
        _options.ReconnectRetryPolicy = new LinearRetry(500);
        _options.DefaultDatabase = null;
        _options.ChannelPrefix = default;
        _name = name;
        _logger = logger;
    }

    /// <summary>The service that options name; <see langword="null"/> when they name servers.</summary>
    public static SentinelService? Of(ConfigurationOptions options, string clientName, ILogger logger) =>
        options.ServiceName is { Length: > 0 } name ? new SentinelService(options, name, clientName, logger) : null;

    /// <summary>Makes options that name the Sentinels into options that name the service's primary, whoever that is.</summary>
    public ConfigurationOptions Follow(ConfigurationOptions options)
    {
        options.ServiceName = null;
        options.EndPoints.Clear();
        options.EndPoints.Add(new DnsEndPoint(_name, NoPort));
        options.Tunnel = new SentinelTunnel(this, options.Tunnel);
        return options;
    }

    /// <summary>Asks the Sentinels; the first that knows is believed.</summary>
    /// <exception cref="RedisException">None can be reached.</exception>
    /// <exception cref="RedisMessagingConfigurationException">They can be, and know no such service.</exception>
    public async Task<EndPoint> FindPrimaryAsync()
    {
        Exception? failed = null;
        foreach (var sentinel in (await ConnectAsync().ConfigureAwait(false)).GetServers())
        {
            try
            {
                if (sentinel.IsConnected && await sentinel.SentinelGetMasterAddressByNameAsync(_name).ConfigureAwait(false) is { } primary)
                {
                    if (!primary.Equals(Interlocked.Exchange(ref _primary, primary)))
                    {
                        Log.SentinelPrimary(_logger, _name, primary);
                    }

                    return primary;
                }
            }
            catch (Exception error) when (RedisErrors.IsRedisFault(error))
            {
                failed = error;
            }
        }

        throw failed is null && _sentinels!.IsConnected
            ? new RedisMessagingConfigurationException(
                $"The Sentinels know no service '{_name}': check serviceName in the connection against 'sentinel monitor' in their "
                + "configuration.")
            : new RedisConnectionException(ConnectionFailureType.UnableToConnect, $"No Sentinel of service '{_name}' answers.", failed);
    }

    /// <summary>
    /// The primary, or who it was when no Sentinel answers: that they are away says nothing about it. Throws nothing, since
    /// StackExchange.Redis has no place for it.
    /// </summary>
    public async ValueTask<EndPoint> FindPrimaryOrLastAsync()
    {
        try
        {
            return await FindPrimaryAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Log.SentinelsAway(_logger, _name, error);
            return Volatile.Read(ref _primary) ?? Nobody;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _connecting.WaitAsync().ConfigureAwait(false);
        _disposed = true;
        _connecting.Release();
        if (_sentinels is not null)
        {
            await _sentinels.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<ConnectionMultiplexer> ConnectAsync()
    {
        await _connecting.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _sentinels ??= await Multiplexers.ConnectToSentinelsAsync(_options.Clone()).ConfigureAwait(false);
        }
        finally
        {
            _connecting.Release();
        }
    }
}
