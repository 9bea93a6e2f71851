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
/// Moves what is due on one topic: scheduled messages, and those that wait for another attempt. It sleeps until the next one is due, by the
/// monotonic clock. This process wakes it when an earlier one comes, other processes by a wake signal. Many processes may do it: the first
/// one moves a message. Runs from the first message or consumer on.
/// </summary>
internal sealed class ScheduleMover : IAsyncDisposable
{
    private static readonly TimeSpan SlowInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan IntervalWithoutSignal = TimeSpan.FromSeconds(3);

    private readonly string _topic;
    private readonly ITransport _transport;
    private readonly ScheduleKeys _keys;
    private readonly WakeSignalHub _signals;
    private readonly BusServices _bus;
    private readonly ScheduleAlarm _alarm;
    private readonly ScheduleSweeper _sweeper;
    private readonly Backoff _backoff;
    private readonly Lock _lock = new();
    private readonly List<ReceiverOptions> _consumers = [];
    private readonly CancellationTokenSource _stop = new();
    private WakeSignal? _signal;
    private Task? _running;
    private bool _isDenied;

    public ScheduleMover(string topic, ITransport transport, ScheduleKeys keys, WakeSignalHub signals, BusServices bus)
    {
        _topic = topic;
        _transport = transport;
        _keys = keys;
        _signals = signals;
        _bus = bus;
        _alarm = new ScheduleAlarm(bus.Time, SlowInterval * 2);
        _sweeper = new ScheduleSweeper(topic, transport, bus.Time, bus.Logger);
        _backoff = new Backoff(bus.Time, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    }

    /// <summary>A consumer is open: its retries are moved, too, and wake signals of other processes are received.</summary>
    public void Open(ReceiverOptions consumer)
    {
        lock (_lock)
        {
            _consumers.Add(consumer);
            _signal ??= _signals.Watch(_keys.Signal, () => Expect(TimeSpan.Zero));
        }

        Expect(TimeSpan.Zero);
    }

    public void Close(ReceiverOptions consumer)
    {
        lock (_lock)
        {
            _consumers.Remove(consumer);
            if (_consumers.Count == 0 && _signal is { } signal)
            {
                _signal = null;
                _signals.Forget(signal);
            }
        }
    }

    /// <summary>Something is due after so long.</summary>
    public void Expect(TimeSpan dueIn)
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            _running ??= BackgroundLoop.StartLasting(nameof(ScheduleMover), _bus.Logger, RunAsync, () => _stop.IsCancellationRequested);
            _alarm.Set(dueIn);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? running;
        WakeSignal? signal;
        lock (_lock)
        {
            _stop.Cancel();
            (running, signal, _signal) = (_running, _signal, null);
        }

        if (signal is not null)
        {
            _signals.Forget(signal);
        }

        await (running ?? Task.CompletedTask).ConfigureAwait(false);
        await _alarm.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _alarm.WaitAsync(_stop.Token).ConfigureAwait(false))
            {
                _alarm.BeginCheck();
                Expect(await CheckAsync(GetConsumers()).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private ReceiverOptions[] GetConsumers()
    {
        lock (_lock)
        {
            return [.. _consumers];
        }
    }

    /// <returns>How long until the next check.</returns>
    private async Task<TimeSpan> CheckAsync(ReceiverOptions[] consumers)
    {
        try
        {
            if (consumers.Length > 0)
            {
                await _sweeper.SweepIfDueAsync(consumers, _stop.Token).ConfigureAwait(false);
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
                // Redis refuses some of what is due. The rest is moved, and the next messages are on time.
                var again = Recover(refusal, consumers.Length > 0);
                return move.UntilNext is { } soon && soon < again ? soon : again;
            }

            if (!_backoff.IsReset)
            {
                _backoff.Reset();
                Log.ScheduleWorksAgain(_bus.Logger, _topic);
            }

            var slow = (_signal is { IsDenied: true } ? IntervalWithoutSignal : SlowInterval) * (0.75 + (Random.Shared.NextDouble() / 2));
            return move.UntilNext is { } next && next < slow ? next : slow;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error) when (BusDisposed.IsTold(error))
        {
            // It is about to be stopped.
            return SlowInterval;
        }
        catch (Exception error)
        {
            // Whatever it was: without a mover nothing due would be delivered.
            return Recover(error, consumers.Length > 0);
        }
    }

    private void Note(in DueMove move)
    {
        if (move.Moved > 0)
        {
            _bus.Instruments.Moved.Add(move.Moved, Instruments.Topic(_topic));
        }

        if (move.DeadLettered > 0)
        {
            _bus.Instruments.DeadLettered.Add(move.DeadLettered, Instruments.Consumer(_topic, "", DeadLetterReason.Unstorable));
            Log.ScheduledUnstorable(_bus.Logger, _topic, move.DeadLettered);
            NotifyOf(move.DeadLettered);
        }
    }

    /// <summary>Once for each: only Redis knows which messages they are.</summary>
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

    private TimeSpan Recover(Exception error, bool consuming)
    {
        if (!consuming && RedisErrors.IsDenied(error))
        {
            // A user that may only publish leaves it to the consumers.
            if (!_isDenied)
            {
                _isDenied = true;
                Log.ScheduleLeftToConsumers(_bus.Logger, _topic, error);
            }

            return SlowInterval;
        }

        _bus.Instruments.ScheduleFaults.Add(1, Instruments.Topic(_topic));
        if (_backoff.IsReset)
        {
            Log.ScheduleFault(_bus.Logger, _topic, error);
        }

        return _backoff.Next();
    }
}
