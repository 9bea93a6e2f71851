using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Batches;
using RedisMessaging.Consuming.Handlers;
using RedisMessaging.Consuming.Settling;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming;

/// <summary>
/// Runs handlers: as many workers as the concurrency, each taking the next message from the pump; or, where there are batch handlers, one
/// <see cref="BatchIntake"/>.
/// </summary>
internal sealed class HandlerWorkers : IAsyncDisposable
{
    private readonly ConsumerDefinition _consumer;
    private readonly ConsumerPump _pump;
    private readonly MessageProcessor _processor;
    private readonly BatchGathering? _batches;
    private readonly TimeSpan _shutdownTimeout;
    private readonly BusServices _bus;
    private readonly CancellationTokenSource _cancelHandlers = new();
    private readonly CancellationTokenSource _cancelAtOnce = new();
    private readonly WorkerPlaces _places;
    private Task _intake = Task.CompletedTask;

    public HandlerWorkers(
        ConsumerDefinition consumer,
        ConsumerPump pump,
        MessageProcessor processor,
        BatchGathering? batches,
        TimeSpan shutdownTimeout,
        BusServices bus)
    {
        _consumer = consumer;
        _pump = pump;
        _batches = batches;
        _shutdownTimeout = shutdownTimeout;
        _bus = bus;
        _processor = processor;
        _places = new WorkerPlaces(StartWorker);
        pump.SeparateSuspects(sharesPlaces: consumer.Concurrency > 1);
    }

    public void Start()
    {
        _pump.Start();
        if (_batches is not null)
        {
            var intake = new BatchIntake(_pump, _processor, _batches);
            _intake = BackgroundLoop.StartLasting(
                nameof(BatchIntake),
                _bus.Logger,
                () => intake.RunAsync(_cancelHandlers.Token),
                HasStopped);
            return;
        }

        HandleAtOnce(_consumer.Concurrency);
    }

    /// <summary>Continues with other settings. Batches keep their places, and what they hold.</summary>
    /// <param name="next">The same consumer, with handlers that use their new options already.</param>
    public void Use(ConsumerDefinition next)
    {
        if (_batches is null)
        {
            _pump.Use(next);
            HandleAtOnce(next.Concurrency);
        }
        else
        {
            _pump.Use(next with { Prefetch = _consumer.Prefetch, LeastPrefetch = _consumer.LeastPrefetch });
            _processor.Use(_consumer.Concurrency);
        }
    }

    /// <summary>Handles so many messages at the same time. Handlers beyond a smaller number end first.</summary>
    private void HandleAtOnce(int concurrency)
    {
        _processor.Use(concurrency);
        _pump.SeparateSuspects(sharesPlaces: concurrency > 1);
        _places.SetCount(concurrency);
    }

    public ValueTask DisposeAsync() => StopAsync(CancellationToken.None);

    /// <summary>The handlers that run.</summary>
    public RunningHandlers Handlers => _pump.Handlers;

    /// <summary>A stop under way cancels the handlers at once.</summary>
    public void CancelHandlers() => _ = _cancelAtOnce.CancelAsync();

    /// <summary>
    /// Stops fetching, lets running handlers end, and releases the rest. The handlers' token is cancelled shortly before ShutdownTimeout is
    /// over. All of it ends within ShutdownTimeout, plus at most a second to release what is in flight.
    /// </summary>
    /// <param name="cancellationToken">Cancels the handlers at once.</param>
    public async ValueTask StopAsync(CancellationToken cancellationToken)
    {
        var budget = new ShutdownBudget(_shutdownTimeout, _bus.Time);
        await using var cancelling = cancellationToken.UnsafeRegister(
            static state => ((HandlerWorkers)state!).CancelHandlers(),
            this).ConfigureAwait(false);
        var finished = Task.WhenAll([_pump.StopReceivingAsync(), _intake, .. _places.Close()]);
        try
        {
            if (!await EndsWithinAsync(finished, budget.Undisturbed, _cancelAtOnce.Token).ConfigureAwait(false))
            {
                Log.HandlersCancelled(
                    _bus.Logger,
                    _consumer.Topic.Name,
                    _consumer.Group,
                    _processor.Running,
                    budget.Undisturbed.TotalSeconds);
                // Not awaited: a callback that a handler registered may never return.
                _ = HandlerToken.CancelAsync(_cancelHandlers, new ConsumerIdentity(_consumer.Topic.Name, _consumer.Group), _bus.Logger);
                // A handler that ignores its token is left behind; its message is given back below.
                await EndsWithinAsync(finished, budget.Grace, CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            await ClosePumpAsync(budget).ConfigureAwait(false);
        }

        // A handler that was left behind still needs it when it ends.
        if (finished.IsCompleted)
        {
            _batches?.Dispose();
        }
    }

    private async Task ClosePumpAsync(ShutdownBudget budget)
    {
        var left = budget.LeftForClosing;
        var closing = _pump.CloseAsync(left < SettlementBatcher.MaxCloseTime ? left : SettlementBatcher.MaxCloseTime);
        if (!await EndsWithinAsync(closing, left, CancellationToken.None).ConfigureAwait(false))
        {
            // Redis is away: it releases the messages when their leases end.
            Log.ClosingLeftBehind(_bus.Logger, _consumer.Topic.Name, _consumer.Group, budget.Total.TotalSeconds);
            FireAndForget.Observe(closing);
        }
    }

    private Task StartWorker(int place) =>
        BackgroundLoop.StartLasting(nameof(HandlerWorkers), _bus.Logger, () => WorkAsync(place), HasStopped);

    private bool HasStopped() => _pump.Stopping.IsCancellationRequested;

    private async Task<bool> EndsWithinAsync(Task task, TimeSpan max, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(max, _bus.Time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            return task.IsCompleted;
        }
        catch (Exception error)
        {
            Log.StopFailed(_bus.Logger, _consumer.Topic.Name, _consumer.Group, error);
            return task.IsCompleted;
        }
    }

    private async Task WorkAsync(int place)
    {
        var context = _processor.CreateContext();
        var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_cancelHandlers.Token);
        var isWanted = () => !_places.IsSurplus(place);
        try
        {
            while (!(_places.IsSurplus(place) && _places.TryLeave(place))
                && await _pump.Feed.WaitToTakeAsync(CancellationToken.None).ConfigureAwait(false))
            {
                while (isWanted() && await _pump.Feed.TakeToStartAsync(isWanted).ConfigureAwait(false) is { } held)
                {
                    if (_pump.Stopping.IsCancellationRequested)
                    {
                        _pump.Feed.ReleaseUnstarted(held);
                        continue;
                    }

                    await _processor.HandleAsync(held, context, cancellation, cancellation.Token).ConfigureAwait(false);
                    if (context.MayBeLeftBehind)
                    {
                        context = _processor.CreateContext();
                    }
                    else
                    {
                        context.End();
                    }

                    if (held.IsLost || cancellation.IsCancellationRequested)
                    {
                        // Cancelled for that message, or about to be: the next one gets a token of its own.
                        cancellation.Dispose();
                        cancellation = CancellationTokenSource.CreateLinkedTokenSource(_cancelHandlers.Token);
                    }
                }
            }
        }
        finally
        {
            cancellation.Dispose();
        }
    }
}
