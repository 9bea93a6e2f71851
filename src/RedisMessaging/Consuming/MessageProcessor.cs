using RedisMessaging.Bus.Stopping;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Consuming.InFlight;
using RedisMessaging.Consuming.Starts;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming;

/// <summary>
/// One message from the pump through the pipeline. A redelivered one has its start recorded first. Those with a start on record that was
/// never settled are handled one after another (<see cref="ReadyQueue"/>), beside others; the last attempt of such a one runs alone, so
/// that it is given up for what it did, and not for what ran beside it.
/// </summary>
internal sealed class MessageProcessor
{
    private static readonly TimeSpan MaxWaitForSettlement = TimeSpan.FromSeconds(5);

    private readonly ConsumerDefinition _consumer;
    private readonly ConsumerPump _pump;
    private readonly ConsumeStep _pipeline;
    private readonly ConcurrencyGate? _gate;
    private readonly BatchGathering? _batches;
    private readonly IServiceProvider _services;
    private readonly BusServices _bus;
    private readonly StartsAhead _ahead;
    private volatile int _concurrency;
    private volatile int _minAttempts;
    private volatile int _maxAttempts;

    public MessageProcessor(
        ConsumerDefinition consumer,
        ConsumerPump pump,
        ConsumeStep pipeline,
        BatchGathering? batches,
        IServiceProvider services,
        BusServices bus)
    {
        _consumer = consumer;
        _pump = pump;
        _pipeline = pipeline;
        // BatchIntake runs what has to run alone by itself.
        _gate = batches is null ? new ConcurrencyGate() : null;
        _batches = batches;
        _services = services;
        _bus = bus;
        Use(consumer.Concurrency);
        _ahead = new StartsAhead(() => batches?.Capacity ?? _concurrency, bus.Time);
        pump.RecordAhead(_ahead.Next, StartsToRecordAhead);
    }

    /// <summary>Handles so many at the same time from now on, and reads the attempts of the handlers again.</summary>
    public void Use(int concurrency)
    {
        _concurrency = concurrency;
        _minAttempts = _consumer.Handlers.Values.Min(handler => handler.Retry.MaxAttempts);
        _maxAttempts = _consumer.Handlers.Values.Max(handler => handler.Retry.MaxAttempts);
    }

    /// <summary>How many messages are being handled.</summary>
    public int Running => _pump.Handlers.Messages;

    /// <summary>For one message after another.</summary>
    public StepContext CreateContext() => new(_consumer, _services);

    /// <summary>Whether nothing may be handled beside it: if its next start is not settled either, it is given up.</summary>
    public bool RunsAlone(InFlightMessage held) => held.IsSuspect && held.Starts + 1 >= _minAttempts && held.Starts < _maxAttempts;

    /// <param name="context">Not in use for another message.</param>
    /// <param name="own">Cancelled when the message is lost; <see langword="null"/> where others have the same token.</param>
    public async ValueTask HandleAsync(
        InFlightMessage held,
        StepContext context,
        CancellationTokenSource? own,
        CancellationToken cancellationToken)
    {
        var alone = RunsAlone(held);
        if (_gate is not null)
        {
            await _gate.EnterAsync(alone).ConfigureAwait(false);
        }

        if (_pump.Feed.TryReleaseForPause(held) || !_pump.Feed.TryBeginHandling(held))
        {
            _gate?.Exit();
            _batches?.End();
            return;
        }

        var handling = RunningHandler.Begin(_pump.Handlers, messages: 1);
        try
        {
            held.HandlerCancellation = own;
            if (await MayStartAsync(held, cancellationToken).ConfigureAwait(false))
            {
                context.Begin(held);
                await _pipeline.InvokeAsync(context, cancellationToken).ConfigureAwait(false);
                if (context.IsSkipped)
                {
                    _pump.Feed.NotStarted();
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped before the handler was started.
            _pump.Settle(held, SettlementKind.Release);
        }
        catch (Exception error)
        {
            // Nothing is expected here. What came all the same must end neither the worker nor the message's way.
            SettleUnexpected(held, context, error);
        }
        finally
        {
            held.HandlerCancellation = null;
            if (alone)
            {
                await WaitUntilSettledAsync(held).ConfigureAwait(false);
            }

            handling.End();
            _pump.Handlers.Exit();
            _gate?.Exit();
            _pump.Feed.EndHandling(held);
            _batches?.End();
        }
    }

    /// <summary>
    /// The next message may end the process. A last attempt whose settlement was still on its way then would be given up, although it was
    /// handled. Where Redis is away nothing else is started either, so that the wait has an end of its own.
    /// </summary>
    private async Task WaitUntilSettledAsync(InFlightMessage held)
    {
        if (held.IsOpen || held.IsLost)
        {
            return;
        }

        try
        {
            await held.WhenGone().WaitAsync(MaxWaitForSettlement, _bus.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It is sent again until Redis has it.
        }
    }

    private void SettleUnexpected(InFlightMessage held, StepContext context, Exception error)
    {
        var identity = new ConsumerIdentity(_consumer.Topic.Name, _consumer.Group);
        FallbackSettlement.Give(_pump, held, context.Handler?.Retry, identity, error, error, _bus.Logger);
    }

    private async ValueTask<bool> MayStartAsync(InFlightMessage held, CancellationToken cancellationToken)
    {
        if (!await _pump.IsOursAsync(held, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        if (held.Delivery.Redelivered)
        {
            _ahead.Count();
            _bus.Instruments.Redelivered.Add(1, Instruments.Consumer(_consumer.Topic.Name, _consumer.Group));
            if (!await _pump.RecordStartAsync(held, StartsToRecord(held), cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }

        // Not before it is on record: what is recorded ahead, on another thread, is counted from it.
        held.Starts++;
        return held.IsOpen;
    }

    /// <summary>
    /// A start beside others never is the one that a message is given up for: it does not count then, and makes the message one that runs
    /// alone.
    /// </summary>
    private int StartsToRecord(InFlightMessage held) => IsLastBesideOthers(held) && !IsOneByOne ? held.Starts : held.Starts + 1;

    private int? StartsToRecordAhead(InFlightMessage held) => held.IsSuspect || IsLastBesideOthers(held) ? null : held.Starts + 1;

    private bool IsOneByOne => _batches is null && _concurrency == 1;

    private bool IsLastBesideOthers(InFlightMessage held) => !held.IsSuspect && held.Starts + 1 >= _minAttempts;
}
