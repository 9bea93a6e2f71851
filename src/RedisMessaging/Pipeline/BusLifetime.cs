using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Configuration;
using RedisMessaging.Connections;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Pipeline;

/// <summary>Starts and stops a bus: connects, looks for what a change of transports left behind, opens every handler's receiver.</summary>
internal sealed class BusLifetime(
    BusModel model,
    RedisConnections connections,
    IReadOnlyDictionary<TopicDefinition, TopicRuntime> topics,
    ConsumerHost consumers,
    TransportSwitch transportSwitch,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopOpening = new();
    private IReadOnlyList<TransportDrain> _drains = [];
    private Task _openingLater = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await connections.ConnectAsync(cancellationToken).ConfigureAwait(false);
        if (connections.IsServerChecked)
        {
            await OpenAllAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            _openingLater = BackgroundLoop.Start(nameof(BusLifetime), logger, () => OpenOnceRedisIsThereAsync(_stopOpening.Token));
        }
    }

    /// <param name="hurry">Cancels running handlers before ShutdownTimeout is over.</param>
    public async Task StopAsync(CancellationToken hurry)
    {
        await _stopOpening.CancelAsync().ConfigureAwait(false);
        await _openingLater.ConfigureAwait(false);
        await StopAllAsync(hurry).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        _stopOpening.Dispose();
    }

    private async Task OpenAllAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(topics.Values.Select(topic => topic.Transport.CheckAsync(cancellationToken).AsTask())).ConfigureAwait(false);
        _drains = await transportSwitch.CheckAsync(cancellationToken).ConfigureAwait(false);
        foreach (var consumer in model.Consumers)
        {
            await consumers.OpenAsync(consumer, topics[consumer.Topic].Transport, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task StopAllAsync(CancellationToken hurry)
    {
        await Task.WhenAll([.. _drains.Select(drain => drain.StopAsync(hurry)), consumers.StopAllAsync(hurry)]).ConfigureAwait(false);
        foreach (var drain in _drains)
        {
            await drain.DisposeAsync().ConfigureAwait(false);
        }

        _drains = [];
    }

    /// <summary>Started without Redis: what a start does otherwise is done when it comes.</summary>
    private async Task OpenOnceRedisIsThereAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(time, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2));
        try
        {
            while (true)
            {
                try
                {
                    await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
                    await connections.CheckServerAsync().ConfigureAwait(false);
                    await OpenAllAsync(cancellationToken).ConfigureAwait(false);
                    return;
                }
                catch (Exception error) when (RedisErrors.IsRedisFault(error))
                {
                    Log.StillWithoutRedis(logger, error);
                    await StopAllAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (RedisMessagingException error)
        {
            // Too late to fail the start: somebody has to read this.
            Log.CannotConsume(logger, error);
        }
    }
}
