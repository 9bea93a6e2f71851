using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Scheduling;

/// <summary>
/// Now and then looks for scheduled messages that have lost their due time. Its faults keep no due message from being moved.
/// </summary>
internal sealed class ScheduleSweeper
{
    private const int MaxNamed = 10;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly string _topic;
    private readonly ITransport _transport;
    private readonly ILogger _logger;
    private readonly IntervalTimer _due;
    private bool _hasFailed;

    public ScheduleSweeper(string topic, ITransport transport, TimeProvider time, ILogger logger)
    {
        _topic = topic;
        _transport = transport;
        _logger = logger;
        _due = new IntervalTimer(time, Interval);
        _due.Force();
    }

    /// <summary>Sweeps if it is time to. One call at a time.</summary>
    public async ValueTask SweepIfDueAsync(ReceiverOptions[] consumers, CancellationToken cancellationToken)
    {
        if (!_due.IsDue)
        {
            return;
        }

        _due.Restart();
        try
        {
            var found = await _transport.SweepScheduleAsync(consumers, cancellationToken).ConfigureAwait(false);
            if (found.Count > 0)
            {
                Log.ScheduleSwept(_logger, _topic, found.Count, string.Join(", ", found.Take(MaxNamed)));
            }

            _hasFailed = false;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_hasFailed)
            {
                _hasFailed = true;
                Log.ScheduleSweepFailed(_logger, _topic, error);
            }
        }
    }
}
