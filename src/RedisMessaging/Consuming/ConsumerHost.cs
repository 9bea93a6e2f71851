using System.Diagnostics.CodeAnalysis;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Consuming.Reading;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming;

/// <summary>Opens consumers on transports, and stops those that run.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Without a timer or a link a CancellationTokenSource holds nothing, and others may "
    + "look at its token.")]
internal sealed class ConsumerHost(BusModel model, PumpOpener opener, ConsumerPipelines pipelines, BusServices bus)
{
    private readonly RunningConsumers _running = new();
    private readonly CancellationTokenSource _closing = new();

    /// <inheritdoc cref="RunningConsumers.Handlers"/>
    public IReadOnlyCollection<RunningHandlers> Handlers => _running.Handlers;

    /// <inheritdoc cref="RunningConsumers.On"/>
    public IReadOnlyCollection<ConsumerReload> RunningOn(string topic) => _running.On(topic);

    /// <summary>Opens a consumer with handlers. It is live when the task ends.</summary>
    public async Task<MessageSubscription> OpenAsync(ConsumerDefinition consumer, ITransport transport, CancellationToken cancellationToken)
    {
        _running.CheckAgainst(consumer);
        if (consumer.OnGap is not null && consumer.Topic.Capabilities.Durable)
        {
            Log.GapsNeverReported(bus.Logger, consumer.Address, consumer.Group, consumer.Topic.Kind);
        }

        var gaps = new GapNotifier(consumer.OnGap, bus.Logger);
        var limiter = opener.CreateLimiter(consumer);
        var pump = await opener.OpenAsync(consumer, transport, limiter, gaps, cancellationToken).ConfigureAwait(false);
        var batches = pipelines.CreateBatches(consumer);
        if (batches is not null)
        {
            limiter.OnChanged(batches.SetPaused);
            batches.IsOutOfBytes = () => pump.IsOutOfBytes;
        }

        var processor = pipelines.CreateProcessor(consumer, pump, batches, opener.OpenInbox(consumer));
        var workers = new HandlerWorkers(consumer, pump, processor, batches, model.Options.ShutdownTimeout, bus);
        var subscription = new MessageSubscription(consumer, workers, limiter, gaps, Forget, bus.Logger);
        gaps.Sender = subscription;
        if (!_running.TryAdd(subscription))
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
            throw BusDisposed.Error();
        }

        workers.Start();
        Log.ConsumerStarted(bus.Logger, consumer.Address, consumer.Group, consumer.Topic.Kind, consumer.Concurrency, consumer.Prefetch);
        return subscription;
    }

    /// <summary>Opens a reader. It is live from the first message asked for.</summary>
    public async Task<MessageReader> OpenReaderAsync(ConsumerDefinition consumer, ITransport transport, CancellationToken cancellationToken)
    {
        _running.CheckAgainst(consumer);
        var limiter = opener.CreateLimiter(consumer);
        var gaps = new GapNotifier(consumer.OnGap, bus.Logger);
        var pump = await opener.OpenAsync(consumer, transport, limiter, gaps, cancellationToken).ConfigureAwait(false);
        var reload = new ConsumerReload(consumer, limiter, pump.Use, bus.Logger);
        var decoder = pipelines.CreateDecoder(consumer);
        var reader = new MessageReader(reload, pump, decoder, opener.OpenInbox(consumer), closed => Forget(closed, consumer, limiter), bus);
        if (!_running.TryAdd(reader))
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw BusDisposed.Error();
        }

        return reader;
    }

    /// <summary>
    /// Opens something for a caller, who waits no longer than the caller's token and the bus allow, whatever Redis does. What comes open
    /// later is closed at once.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The bus is disposed, or was meanwhile.</exception>
    public async Task<T> OpenForCallerAsync<T>(Func<CancellationToken, Task<T>> open, CancellationToken cancellationToken)
        where T : IAsyncDisposable
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, typeof(RedisMessageBus));
        // Not disposed while it is being opened, which looks at the token.
        var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        var opening = open(either.Token);
        try
        {
            var opened = await opening.WaitAsync(either.Token).ConfigureAwait(false);
            either.Dispose();
            return opened;
        }
        catch (Exception error) when (either.IsCancellationRequested || error is ObjectDisposedException)
        {
            _ = CloseOnceOpenAsync(opening);
            cancellationToken.ThrowIfCancellationRequested();
            throw BusDisposed.Error();
        }
    }

    /// <summary>Opens no more: the bus is being disposed.</summary>
    public void Close()
    {
        _running.Close();
        _closing.Cancel();
    }

    /// <inheritdoc cref="RunningConsumers.StopAllAsync"/>
    public Task StopAllAsync(CancellationToken cancellationToken) => _running.StopAllAsync(cancellationToken);

    private static async Task CloseOnceOpenAsync<T>(Task<T> opening)
        where T : IAsyncDisposable
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully)
        {
            await opening.Result.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Forget(MessageSubscription subscription)
    {
        opener.Leave(subscription.Consumer, subscription.Limiter);
        _running.Remove(subscription);
    }

    private void Forget(MessageReader reader, ConsumerDefinition consumer, HandlerStartLimiter limiter)
    {
        opener.Leave(consumer, limiter);
        _running.Remove(reader);
    }
}
