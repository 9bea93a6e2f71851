using RedisMessaging.Background;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Pausing;

/// <summary>
/// Pauses a consumer while its handlers fail with what <see cref="ConsumerOptions.PauseOn{TException}"/> names, and then tries one message.
/// Each rule counts its handler's failures in a row: a success of that handler ends the row, another exception does not.
/// </summary>
internal sealed class CircuitBreaker
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PauseRule, int> _failures;
    private readonly ConsumerDefinition _consumer;
    private readonly HandlerStartLimiter _limiter;
    private readonly BusServices _bus;
    private readonly ITimer _timer;
    private volatile CircuitState _state;

    /// <summary>Closed, and no failure counts: a success has nothing to change.</summary>
    private volatile bool _isQuiet = true;
    private bool _isStopped;

    private CircuitBreaker(ConsumerDefinition consumer, HandlerStartLimiter limiter, BusServices bus)
    {
        _consumer = consumer;
        _limiter = limiter;
        _bus = bus;
        _failures = consumer.Handlers.Values.SelectMany(handler => handler.PauseRules).Distinct().ToDictionary(rule => rule, _ => 0);
        _timer = BackgroundLoop.CreateTimer(bus.Time, Try);
    }

    public CircuitState State => _state;

    /// <summary>The breaker of a consumer; <see langword="null"/> where no handler has a rule.</summary>
    public static CircuitBreaker? For(ConsumerDefinition consumer, ConsumerPump pump, BusServices bus)
    {
        if (consumer.Handlers.Values.All(handler => handler.PauseRules.Count == 0))
        {
            return null;
        }

        var breaker = new CircuitBreaker(consumer, pump.Limiter, bus);
        pump.Stopping.UnsafeRegister(static state => ((CircuitBreaker)state!).Stop(), breaker);
        return breaker;
    }

    /// <summary>A handler ended with success, a batch handler with all of its batch.</summary>
    public void Succeed(HandlerDefinition handler)
    {
        if (_isQuiet)
        {
            return;
        }

        var closes = false;
        lock (_lock)
        {
            foreach (var rule in handler.PauseRules)
            {
                _failures[rule] = 0;
            }

            if (_state == CircuitState.HalfOpen && !_isStopped)
            {
                closes = true;
                _state = CircuitState.Closed;
                _limiter.AdmitAll();
            }

            _isQuiet = _state == CircuitState.Closed && _failures.Values.All(count => count == 0);
        }

        if (closes)
        {
            Log.CircuitClosed(_bus.Logger, _consumer.Address, _consumer.Group);
        }
    }

    /// <summary>A handler failed, a batch handler with its batch: counted once.</summary>
    /// <returns>
    /// The rule for which the consumer is paused now, and for which the message goes back without an attempt; <see langword="null"/> where
    /// it gets the usual outcome.
    /// </returns>
    public PauseRule? Fail(HandlerDefinition handler, Exception error)
    {
        var matching = handler.PauseRules.Where(rule => Matches(rule, error)).ToList();
        if (matching.Count == 0)
        {
            return null;
        }

        PauseRule? opening;
        bool wasTrial;
        lock (_lock)
        {
            matching.ForEach(rule => _failures[rule]++);
            _isQuiet = false;
            if (_isStopped || _state == CircuitState.Open)
            {
                return _state == CircuitState.Open ? matching[0] : null;
            }

            wasTrial = _state == CircuitState.HalfOpen;
            opening = wasTrial ? matching[0] : matching.Find(rule => _failures[rule] >= rule.After);
            if (opening is null)
            {
                return null;
            }

            _state = CircuitState.Open;
            _limiter.Set(PauseReason.Failures, true);
            _timer.Change(opening.PauseFor, Timeout.InfiniteTimeSpan);
        }

        _bus.Instruments.PausedOnFailures.Add(1, Instruments.Consumer(_consumer.Topic.Name, _consumer.Group));
        if (wasTrial)
        {
            Log.CircuitStaysOpen(_bus.Logger, _consumer.Address, _consumer.Group, opening.PauseFor.TotalSeconds, opening.Name, error);
        }
        else
        {
            Log.CircuitOpened(
                _bus.Logger,
                _consumer.Address,
                _consumer.Group,
                opening.PauseFor.TotalSeconds,
                opening.After,
                opening.Name,
                error);
        }

        return opening;
    }

    /// <summary>For a message of a batch whose failure was counted.</summary>
    /// <returns>
    /// The rule for which the consumer is paused, and for which the message goes back without an attempt; <see langword="null"/> where it
    /// gets the usual outcome.
    /// </returns>
    public PauseRule? Find(HandlerDefinition handler, Exception error) =>
        _state == CircuitState.Open ? handler.PauseRules.FirstOrDefault(rule => Matches(rule, error)) : null;

    private bool Matches(PauseRule rule, Exception error)
    {
        try
        {
            return rule.Matches(error);
        }
        catch (Exception fault)
        {
            Log.PauseConditionFailed(_bus.Logger, rule.Name, _consumer.Address, _consumer.Group, fault);
            return false;
        }
    }

    private void Try()
    {
        lock (_lock)
        {
            if (_state != CircuitState.Open || _isStopped)
            {
                return;
            }

            _state = CircuitState.HalfOpen;
            _limiter.AdmitOne();
        }

        Log.CircuitHalfOpened(_bus.Logger, _consumer.Address, _consumer.Group);
    }

    private void Stop()
    {
        lock (_lock)
        {
            _isStopped = true;
        }

        _timer.Dispose();
    }
}
