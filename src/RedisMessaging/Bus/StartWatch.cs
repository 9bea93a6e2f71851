using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging.Bus;

/// <summary>
/// Notices a bus whose handlers are never started: made from a container without a host, or before a host that is not run.
/// </summary>
internal sealed class StartWatch
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly int _handlers;
    private readonly ILogger _logger;
    private readonly ITimer? _timer;

    public StartWatch(int handlers, TimeProvider time, ILogger logger)
    {
        _handlers = handlers;
        _logger = logger;
        if (handlers > 0)
        {
            _timer = BackgroundLoop.CreateTimer(time, Report);
            _timer.Change(Patience, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>It was started, or closed.</summary>
    public void End() => _timer?.Dispose();

    private void Report()
    {
        try
        {
            Log.HandlersNotStarted(_logger, Patience.TotalSeconds, _handlers);
        }
        catch (Exception)
        {
            // A logger that throws on a timer would end the process.
        }
    }
}
