using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration;
using RedisMessaging.Diagnostics;
using RedisMessaging.Transports;

namespace RedisMessaging.Pipeline;

/// <summary>
/// Runs handlers: as many workers as the concurrency, each taking the next message from the pump. A redelivered message runs alone, its start recorded
/// first: if it kills the process, only its own attempts rise.
/// </summary>
internal sealed class HandlerLoop : IAsyncDisposable
{
    private static readonly TimeSpan GraceAfterCancel = TimeSpan.FromSeconds(5);

    private readonly ConsumerDefinition _consumer;
    private readonly ConsumerPump _pump;
    private readonly ConsumeStep _pipeline;
    private readonly IServiceProvider _services;
    private readonly TimeSpan _shutdownTimeout;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Instruments _instruments;
    private readonly ExclusiveGate _gate;
    private readonly CancellationTokenSource _cancelHandlers = new();
    private Task[] _workers = [];
    private int _running;

    public HandlerLoop(ConsumerDefinition consumer, ConsumerPump pump, ConsumeStep pipeline, IServiceProvider services, TimeSpan shutdownTimeout, TimeProvider time, ILogger logger, Instruments instruments)
    {
        _consumer = consumer;
        _pump = pump;
        _pipeline = pipeline;
        _services = services;
        _shutdownTimeout = shutdownTimeout;
        _time = time;
        _logger = logger;
        _instruments = instruments;
        _gate = new ExclusiveGate(consumer.Concurrency);
    }

    public void Start()
    {
        _pump.Start();
        _workers = new Task[_consumer.Concurrency];
        for (var i = 0; i < _workers.Length; i++)
        {
            _workers[i] = Task.Run(WorkAsync);
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
            Log.HandlersCancelled(_logger, _consumer.Topic.Name, _consumer.Group, Volatile.Read(ref _running), _shutdownTimeout.TotalSeconds);
            await _cancelHandlers.CancelAsync().ConfigureAwait(false);
            // A handler that ignores its token is left behind; its message is given back below.
            await EndsWithinAsync(finished, GraceAfterCancel, CancellationToken.None).ConfigureAwait(false);
        }

        await _pump.DisposeAsync().ConfigureAwait(false);
        // A handler that was left behind still needs both when it ends.
        if (finished.IsCompleted)
        {
            _gate.Dispose();
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
        var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_cancelHandlers.Token);
        try
        {
            while (await _pump.Ready.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                while (await _pump.TakeToStartAsync().ConfigureAwait(false) is { } held)
                {
                    if (_pump.Stopping.IsCancellationRequested)
                    {
                        _pump.Settle(held, Verdict.Release);
                        continue;
                    }

                    await HandleAsync(held, cancellation).ConfigureAwait(false);
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

    private async ValueTask HandleAsync(HeldDelivery held, CancellationTokenSource cancellation)
    {
        var alone = held.Delivery.Redelivered;
        await _gate.EnterAsync(alone).ConfigureAwait(false);
        Interlocked.Increment(ref _running);
        try
        {
            if (_pump.GivesBackUnstarted(held))
            {
                return;
            }

            held.HandlerCancellation = cancellation;
            held.Starts++;
            if (alone)
            {
                _instruments.Redelivered.Add(1, Instruments.Consumer(_consumer.Topic.Name, _consumer.Group));
                if (!await _pump.RecordStartAsync(held, cancellation.Token).ConfigureAwait(false))
                {
                    return;
                }
            }

            if (held.IsOpen)
            {
                var context = new ReceiveContext(held, _consumer, _services);
                await _pipeline.InvokeAsync(context, cancellation.Token).ConfigureAwait(false);
                if (context.IsSkipped)
                {
                    _pump.NotStarted();
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopped before the handler was started.
            _pump.Settle(held, Verdict.Release);
        }
        finally
        {
            held.HandlerCancellation = null;
            Interlocked.Decrement(ref _running);
            _gate.Exit(alone);
        }
    }
}
