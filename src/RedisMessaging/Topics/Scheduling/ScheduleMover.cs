using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Redis.Scheduling;
using RedisMessaging.Redis.WakeSignals;
using RedisMessaging.Topics.DeadLetters;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.Scheduling;

/// <summary>
/// Moves what is due on one topic: scheduled messages, and those that wait for another attempt. It sleeps until the next one is due, by a clock that nobody sets, and is woken when
/// an earlier one comes: told by this process, rung for by others. Many processes may do it, and whoever is first moves a message. Runs from the first message or consumer on.
/// </summary>
internal sealed class ScheduleMover : IAsyncDisposable
{
    private static readonly TimeSpan SlowLook = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookWithoutBell = TimeSpan.FromSeconds(3);

    // A stream of messages that are due one after the other is moved in handfuls, and takes little of the server.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);

    private const int MostNamed = 10;

    private readonly string _topic;
    private readonly ITransport _transport;
    private readonly ScheduleKeys _keys;
    private readonly WakeSignalHub _bells;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Instruments _instruments;
    private readonly Backoff _backoff;
    private readonly Lock _lock = new();
    private readonly List<ReceiverOptions> _consumers = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private WakeSignal? _bell;
    private Task? _running;
    private long _nextLook = long.MaxValue;
    private long _earliestLook = long.MinValue;
    private readonly IntervalTimer _sweepDue;
    private bool _toldDenied;
    private bool _toldSweepFailed;

    public ScheduleMover(string topic, ITransport transport, ScheduleKeys keys, WakeSignalHub bells, TimeProvider time, ILogger logger, Instruments instruments)
    {
        _topic = topic;
        _transport = transport;
        _keys = keys;
        _bells = bells;
        _time = time;
        _logger = logger;
        _instruments = instruments;
        _backoff = new Backoff(time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        _sweepDue = new IntervalTimer(time, SweepInterval);
        _sweepDue.Force();
        _timer = BackgroundLoop.CreateTimer(time, () => _wake.Writer.TryWrite(true));
    }

    /// <summary>A consumer is open: its retries are looked after, and the bell is listened for.</summary>
    public void Open(ReceiverOptions consumer)
    {
        lock (_lock)
        {
            _consumers.Add(consumer);
            _bell ??= _bells.Watch(_keys.Signal, () => Expect(TimeSpan.Zero));
        }

        Expect(TimeSpan.Zero);
    }

    public void Close(ReceiverOptions consumer)
    {
        lock (_lock)
        {
            _consumers.Remove(consumer);
            if (_consumers.Count == 0 && _bell is { } bell)
            {
                _bell = null;
                _bells.Forget(bell);
            }
        }
    }

    /// <summary>Something is due then.</summary>
    public void Expect(TimeSpan dueIn)
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            _running ??= BackgroundLoop.StartLasting(nameof(ScheduleMover), _logger, RunAsync, () => _stop.IsCancellationRequested);
            var now = _time.GetTimestamp();
            var look = Math.Max(_earliestLook, After(now, dueIn));
            if (look < _nextLook)
            {
                _nextLook = look;
                _timer.Change(Until(now, look), Timeout.InfiniteTimeSpan);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? running;
        WakeSignal? bell;
        lock (_lock)
        {
            _stop.Cancel();
            (running, bell, _bell) = (_running, _bell, null);
        }

        if (bell is not null)
        {
            _bells.Forget(bell);
        }

        await (running ?? Task.CompletedTask).ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _wake.Reader.ReadAsync(_stop.Token).ConfigureAwait(false))
            {
                var consumers = BeginLook();
                Expect(await LookAsync(consumers).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>What is told from now on may come too late to be seen.</summary>
    private ReceiverOptions[] BeginLook()
    {
        lock (_lock)
        {
            _nextLook = long.MaxValue;
            _earliestLook = After(_time.GetTimestamp(), ShortestPause);
            return [.. _consumers];
        }
    }

    /// <returns>How long until the next look.</returns>
    private async Task<TimeSpan> LookAsync(ReceiverOptions[] consumers)
    {
        try
        {
            if (consumers.Length > 0 && _sweepDue.IsDue)
            {
                _sweepDue.Restart();
                await SweepAsync(consumers).ConfigureAwait(false);
            }

            DueMove move;
            do
            {
                move = await _transport.MoveDueAsync(consumers, _stop.Token).ConfigureAwait(false);
                Note(move);
            }
            while (move.Moved > 0 && move.UntilNext == TimeSpan.Zero);

            if (move.Refusal is { } refusal)
            {
                // Where it belongs is out of order for some of what is due. The rest is moved, and what comes next is on time.
                var again = Survive(refusal, consumers.Length > 0);
                return move.UntilNext is { } soon && soon < again ? soon : again;
            }

            if (!_backoff.IsReset)
            {
                _backoff.Reset();
                Log.ScheduleWorksAgain(_logger, _topic);
            }

            var slow = (_bell is { IsDenied: true } ? LookWithoutBell : SlowLook) * (0.75 + (Random.Shared.NextDouble() / 2));
            return move.UntilNext is { } next && next < slow ? next : slow;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error) when (BusDisposed.IsTold(error))
        {
            // It is about to be stopped.
            return SlowLook;
        }
        catch (Exception error)
        {
            // Whatever it was: a mover that died would keep back what is due.
            return Survive(error, consumers.Length > 0);
        }
    }

    private void Note(in DueMove move)
    {
        if (move.Moved > 0)
        {
            _instruments.Moved.Add(move.Moved, Instruments.Topic(_topic));
        }

        if (move.DeadLettered > 0)
        {
            _instruments.DeadLettered.Add(move.DeadLettered, Instruments.Consumer(_topic, "", DeadLetterReason.Unstorable));
            Log.ScheduledUnstorable(_logger, _topic, move.DeadLettered);
            NotifyOf(move.DeadLettered);
        }
    }

    /// <summary>Once for each: whose they are, only Redis knows.</summary>
    private void NotifyOf(int unstorable)
    {
        Action<TransportDeadLetter>? notify;
        lock (_lock)
        {
            notify = _consumers.Find(consumer => consumer.OnDeadLetter is not null)?.OnDeadLetter;
        }

        for (var i = 0; i < unstorable && notify is not null; i++)
        {
            notify(new TransportDeadLetter(null, DeadLetterReason.Unstorable, "It was held back, and can't be put where it belongs."));
        }
    }

    /// <summary>Not what looks are for: whatever goes wrong, what is due is moved.</summary>
    private async Task SweepAsync(ReceiverOptions[] consumers)
    {
        try
        {
            var found = await _transport.SweepScheduleAsync(consumers, _stop.Token).ConfigureAwait(false);
            if (found.Count > 0)
            {
                Log.ScheduleSwept(_logger, _topic, found.Count, string.Join(", ", found.Take(MostNamed)));
            }

            _toldSweepFailed = false;
        }
        catch (Exception error) when (!_stop.IsCancellationRequested)
        {
            if (!_toldSweepFailed)
            {
                _toldSweepFailed = true;
                Log.ScheduleSweepFailed(_logger, _topic, error);
            }
        }
    }

    private TimeSpan Survive(Exception error, bool consuming)
    {
        if (!consuming && RedisErrors.IsDenied(error))
        {
            // Who may only publish leaves it to the consumers, who may.
            if (!_toldDenied)
            {
                _toldDenied = true;
                Log.ScheduleLeftToConsumers(_logger, _topic, error);
            }

            return SlowLook;
        }

        _instruments.ScheduleFaults.Add(1, Instruments.Topic(_topic));
        if (_backoff.IsReset)
        {
            Log.ScheduleFault(_logger, _topic, error);
        }

        return _backoff.Next();
    }

    private long After(long timestamp, TimeSpan wait) => timestamp + (long)Math.Ceiling(wait.TotalSeconds * _time.TimestampFrequency);

    /// <summary>One millisecond more than it is: timers count whole ones and fire up to one too early, and who looks too early looks in vain.</summary>
    private TimeSpan Until(long now, long timestamp) => timestamp <= now
        ? TimeSpan.Zero
        : TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling((timestamp - now) * 1000.0 / _time.TimestampFrequency) + 1, SlowLook.TotalMilliseconds * 2));
}
