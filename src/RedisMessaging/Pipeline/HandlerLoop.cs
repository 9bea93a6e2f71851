using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Configuration;
using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>
/// Runs handlers: as many workers as the concurrency, each taking the next message from the pump; or, where there are batch handlers, one <see cref="BatchIntake"/>.
/// </summary>
internal sealed class HandlerLoop : IAsyncDisposable
{
    private readonly ConsumerDefinition _consumer;
    private readonly ConsumerPump _pump;
    private readonly MessageHandling _handling;
    private readonly BatchGathering? _batches;
    private readonly TimeSpan _shutdownTimeout;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ExclusiveGate _gate;
    private readonly CancellationTokenSource _cancelHandlers = new();
    private readonly CancellationTokenSource _hurry = new();
    private Task[] _workers = [];

    public HandlerLoop(ConsumerDefinition consumer, ConsumerPump pump, ConsumeStep pipeline, BatchGathering? batches, IServiceProvider services, TimeSpan shutdownTimeout, TimeProvider time, ILogger logger, Instruments instruments)
    {
        _consumer = consumer;
        _pump = pump;
        _batches = batches;
        _shutdownTimeout = shutdownTimeout;
        _time = time;
        _logger = logger;
        // BatchIntake runs exclusive messages alone by itself, so the gate admits one.
        _gate = new ExclusiveGate(batches is null ? consumer.Concurrency : 1);
        _handling = new MessageHandling(consumer, pump, pipeline, _gate, batches, services, time, logger, instruments);
        pump.SeparateSuspects(sharesPlaces: consumer.Concurrency > 1);
    }

    public void Start()
    {
        _pump.Start();
        if (_batches is not null)
        {
            var intake = new BatchIntake(_pump, _handling, _batches);
            _workers = [BackgroundLoop.StartLasting(nameof(BatchIntake), _logger, () => intake.RunAsync(_cancelHandlers.Token), HasStopped)];
            return;
        }

        _workers = new Task[_consumer.Concurrency];
        for (var i = 0; i < _workers.Length; i++)
        {
            _workers[i] = BackgroundLoop.StartLasting(nameof(HandlerLoop), _logger, WorkAsync, HasStopped);
        }
    }

    public ValueTask DisposeAsync() => StopAsync(CancellationToken.None);

    /// <summary>The handlers that run.</summary>
    public RunningHandlers Handlers => _pump.Handlers;

    /// <summary>A stop under way cancels the handlers at once.</summary>
    public void Hurry() => _ = _hurry.CancelAsync();

    /// <summary>
    /// Stops fetching, lets running handlers end, cancels their token towards the end of ShutdownTimeout or when it is to hurry, and gives back the rest. All of it ends within ShutdownTimeout, save
    /// for a second to give back what it holds.
    /// </summary>
    public async ValueTask StopAsync(CancellationToken hurry)
    {
        var budget = new ShutdownBudget(_shutdownTimeout, _time);
        await using var hurrying = hurry.UnsafeRegister(static state => ((HandlerLoop)state!).Hurry(), this).ConfigureAwait(false);
        var finished = Task.WhenAll([_pump.StopReceivingAsync(), .. _workers]);
        try
        {
            if (!await EndsWithinAsync(finished, budget.Undisturbed, _hurry.Token).ConfigureAwait(false))
            {
                Log.HandlersCancelled(_logger, _consumer.Topic.Name, _consumer.Group, _handling.Running, budget.Undisturbed.TotalSeconds);
                // Not awaited: a callback that a handler registered may never return.
                _ = HandlerToken.CancelAsync(_cancelHandlers, new ConsumerIdentity(_consumer.Topic.Name, _consumer.Group), _logger);
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
        var closing = _pump.CloseAsync(left < SettlementBatcher.LongestGoodbye ? left : SettlementBatcher.LongestGoodbye);
        if (!await EndsWithinAsync(closing, left, CancellationToken.None).ConfigureAwait(false))
        {
            // Redis is away: what it was not told it finds out when the leases end.
            Log.ClosingLeftBehind(_logger, _consumer.Topic.Name, _consumer.Group, budget.Total.TotalSeconds);
            Abandoned.Observe(closing);
        }
    }

    private bool HasStopped() => _pump.Stopping.IsCancellationRequested;

    private async Task<bool> EndsWithinAsync(Task task, TimeSpan longest, CancellationToken hurry)
    {
        try
        {
            await task.WaitAsync(longest, _time, hurry).ConfigureAwait(false);
            return true;
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            return task.IsCompleted;
        }
        catch (Exception error)
        {
            Log.StopFailed(_logger, _consumer.Topic.Name, _consumer.Group, error);
            return task.IsCompleted;
        }
    }

    private async Task WorkAsync()
    {
        var context = _handling.CreateContext();
        var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_cancelHandlers.Token);
        try
        {
            while (await _pump.WaitToTakeAsync(CancellationToken.None).ConfigureAwait(false))
            {
                while (await _pump.TakeToStartAsync().ConfigureAwait(false) is { } held)
                {
                    if (_pump.Stopping.IsCancellationRequested)
                    {
                        _pump.GiveBack(held);
                        continue;
                    }

                    await _handling.HandleAsync(held, context, cancellation, cancellation.Token).ConfigureAwait(false);
                    if (context.MayBeLeftBehind)
                    {
                        context = _handling.CreateContext();
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
