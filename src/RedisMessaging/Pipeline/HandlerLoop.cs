using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Configuration;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>
/// Runs handlers: as many workers as the concurrency, each taking the next message from the pump; or, where there are batch handlers, one <see cref="BatchIntake"/>.
/// </summary>
internal sealed class HandlerLoop : IAsyncDisposable
{
    private static readonly TimeSpan GraceAfterCancel = TimeSpan.FromSeconds(5);

    private readonly ConsumerDefinition _consumer;
    private readonly ConsumerPump _pump;
    private readonly MessageHandling _handling;
    private readonly BatchGathering? _batches;
    private readonly TimeSpan _shutdownTimeout;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ExclusiveGate _gate;
    private readonly CancellationTokenSource _cancelHandlers = new();
    private Task[] _workers = [];

    public HandlerLoop(ConsumerDefinition consumer, ConsumerPump pump, ConsumeStep pipeline, BatchGathering? batches, IServiceProvider services, TimeSpan shutdownTimeout, TimeProvider time, ILogger logger, Instruments instruments)
    {
        _consumer = consumer;
        _pump = pump;
        _batches = batches;
        _shutdownTimeout = shutdownTimeout;
        _time = time;
        _logger = logger;
        // An intake of batches sees to it by itself that a message is alone.
        _gate = new ExclusiveGate(batches is null ? consumer.Concurrency : 1);
        _handling = new MessageHandling(consumer, pump, pipeline, _gate, batches, services, instruments);
    }

    public void Start()
    {
        _pump.Start();
        if (_batches is not null)
        {
            var intake = new BatchIntake(_pump, _handling, _batches);
            _workers = [BackgroundLoop.Start(nameof(BatchIntake), _logger, () => intake.RunAsync(_cancelHandlers.Token))];
            return;
        }

        _workers = new Task[_consumer.Concurrency];
        for (var i = 0; i < _workers.Length; i++)
        {
            _workers[i] = BackgroundLoop.Start(nameof(HandlerLoop), _logger, WorkAsync);
        }
    }

    public ValueTask DisposeAsync() => StopAsync(CancellationToken.None);

    /// <summary>Stops fetching, lets running handlers end within ShutdownTimeout or until told to hurry, cancels their token then, and gives back the rest.</summary>
    public async ValueTask StopAsync(CancellationToken hurry)
    {
        await _pump.StopReceivingAsync().ConfigureAwait(false);
        var finished = Task.WhenAll(_workers);
        if (!await EndsWithinAsync(finished, _shutdownTimeout, hurry).ConfigureAwait(false))
        {
            Log.HandlersCancelled(_logger, _consumer.Topic.Name, _consumer.Group, _handling.Running, _shutdownTimeout.TotalSeconds);
            await _cancelHandlers.CancelAsync().ConfigureAwait(false);
            // A handler that ignores its token is left behind; its message is given back below.
            await EndsWithinAsync(finished, GraceAfterCancel, CancellationToken.None).ConfigureAwait(false);
        }

        await _pump.DisposeAsync().ConfigureAwait(false);
        // A handler that was left behind still needs both when it ends.
        if (finished.IsCompleted)
        {
            _gate.Dispose();
            _batches?.Dispose();
            _cancelHandlers.Dispose();
        }
    }

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
    }

    private async Task WorkAsync()
    {
        var context = _handling.CreateContext();
        var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_cancelHandlers.Token);
        try
        {
            while (await _pump.Ready.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
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
