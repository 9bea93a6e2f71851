using System.Net;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using StackExchange.Redis;

namespace RedisMessaging.Redis.Sockets;

/// <summary>
/// Notices a command connection that is half open: commands were sent, none was answered for AsyncTimeout, and a fresh connection to the
/// same server is answered. StackExchange.Redis waits four times AsyncTimeout before it gives up such a socket. Looks at counters only, so
/// it costs nothing while commands are answered.
/// </summary>
internal sealed class CommandWatchdog : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);

    private readonly Func<IConnectionMultiplexer?> _current;
    private readonly Func<EndPoint, Func<bool>, Task> _replace;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly Dictionary<EndPoint, (long Answered, long Since, bool Grew)> _silent = [];
    private readonly Task _running;
    private volatile bool _isStopped;

    /// <param name="current">The connection to look at.</param>
    /// <param name="replace">Replaces it, if the server at the endpoint answers over another one and then the old one is silent
    /// still.</param>
    /// <param name="patience">For how long nothing may be answered.</param>
    public CommandWatchdog(
        Func<IConnectionMultiplexer?> current,
        Func<EndPoint, Func<bool>, Task> replace,
        TimeSpan patience,
        TimeProvider time,
        ILogger logger)
    {
        _current = current;
        _replace = replace;
        _patience = patience;
        _time = time;
        _logger = logger;
        _timer = new PeriodicTimer(LookInterval, time);
        _running = BackgroundLoop.StartLasting(nameof(CommandWatchdog), logger, RunAsync, () => _isStopped);
    }

    public async ValueTask DisposeAsync()
    {
        _isStopped = true;
        _timer.Dispose();
        await _running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false))
        {
            try
            {
                if (FindSilent() is { } endpoint)
                {
                    await _replace(endpoint, () => FindSilent() is not null).ConfigureAwait(false);
                    _silent.Clear();
                }
            }
            catch (Exception error)
            {
                // The server does not answer over another connection either, so this one is not to blame. Looked at anew after as long
                // again.
                Log.CommandConnectionSilent(_logger, _patience.TotalSeconds, error);
                _silent.Clear();
            }
        }
    }

    private EndPoint? FindSilent()
    {
        foreach (var server in _current()?.GetServers() ?? [])
        {
            var counters = server.GetCounters().Interactive;
            // A command that timed out stays among those that wait for their answer.
            var answered = counters.OperationCount - counters.SentItemsAwaitingResponse;
            if (!server.IsConnected || counters.SentItemsAwaitingResponse == 0)
            {
                _silent.Remove(server.EndPoint);
            }
            else if (!_silent.TryGetValue(server.EndPoint, out var silent) || (answered > silent.Answered && silent.Grew))
            {
                _silent[server.EndPoint] = (answered, _time.GetTimestamp(), false);
            }
            else if (answered > silent.Answered)
            {
                // The two counters are not read at the same moment: a command that is being sent looks like an answer once.
                _silent[server.EndPoint] = silent with { Grew = true };
            }
            else if (_time.GetElapsedTime(silent.Since) >= _patience)
            {
                return server.EndPoint;
            }
        }

        return null;
    }
}
