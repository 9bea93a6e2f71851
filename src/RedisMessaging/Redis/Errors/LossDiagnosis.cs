using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Errors;

/// <summary>
/// Finds out why a connection that was lost does not come back. StackExchange.Redis goes on trying, and whoever waits for it is told that
/// the connection was lost, not that Redis refuses its password by now.
/// </summary>
internal sealed class LossDiagnosis : IDisposable
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    private readonly IConnectionMultiplexer _connection;
    private readonly Func<ConfigurationOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private int _looking;

    /// <param name="connection">The connection to look after.</param>
    /// <param name="options">What it connects with.</param>
    public LossDiagnosis(IConnectionMultiplexer connection, Func<ConfigurationOptions> options, TimeProvider time, ILogger logger)
    {
        _connection = connection;
        _options = options;
        _time = time;
        _logger = logger;
        connection.ConnectionFailed += OnConnectionFailed;
    }

    /// <summary>A connection that is to come later does not say why it is not there; a throw-away one that is to come now does.</summary>
    public static async Task ProbeAsync(ConfigurationOptions options)
    {
        options.AbortOnConnectFail = true;
        options.ConnectRetry = 1;
        await (await Multiplexers.ConnectAsync(options).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        _connection.ConnectionFailed -= OnConnectionFailed;
        // Not disposed: a look may be under way.
        _stop.Cancel();
    }

    private void OnConnectionFailed(object? sender, ConnectionFailedEventArgs e)
    {
        if (Interlocked.Exchange(ref _looking, 1) == 0)
        {
            _ = BackgroundLoop.Run(LookAsync);
        }
    }

    private async Task LookAsync()
    {
        try
        {
            await Task.Delay(FirstLook, _time, _stop.Token).ConfigureAwait(false);
            while (!_connection.IsConnected)
            {
                await ExplainAsync().ConfigureAwait(false);
                await Task.Delay(LookInterval, _time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException)
        {
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }

    private async Task ExplainAsync()
    {
        var options = _options();
        try
        {
            await ProbeAsync(options).ConfigureAwait(false);
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            if (ConnectRefusal.Explain(error, options.User) is { } refusal)
            {
                Log.ConnectionRefused(_logger, BoundedText.MessageOf(refusal));
            }
        }
    }
}
