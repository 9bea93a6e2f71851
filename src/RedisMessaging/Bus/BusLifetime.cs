using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Consuming;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Redis.Connections;
using RedisMessaging.Redis.Errors;
using RedisMessaging.Topics;
using RedisMessaging.Topics.TransportChange;

namespace RedisMessaging.Bus;

/// <summary>
/// Starts and stops a bus, as often as its host does: connects, looks for what a change of transports left behind, opens every handler's
/// receiver. Who starts it at the same time waits for the same start; a stop ends a start that is under way.
/// </summary>
internal sealed class BusLifetime(
    BusModel model,
    RedisConnections connections,
    IReadOnlyDictionary<TopicDefinition, TopicRuntime> topics,
    ConsumerHost consumers,
    TransportSwitch transportSwitch,
    BusServices services)
{
    private readonly StartWatch _watch = new(
        model.Consumers.Sum(consumer => consumer.Handlers.Values.Distinct().Count()),
        services.Time,
        services.Logger);
    private readonly Lock _lock = new();
    private IReadOnlyList<TransportDrain> _drains = [];
    private BusStart? _start;

    /// <summary>Called when Redis is there, before anything is opened. What it throws fails the start.</summary>
    public Action? Opening { get; init; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        BusStart start;
        lock (_lock)
        {
            if (_start is { HasFailed: false } before)
            {
                return before.Done.WaitAsync(cancellationToken);
            }

            _start = start = new BusStart(connections.Stopping);
        }

        _watch.End();
        if (model.Topics.Count == 0)
        {
            Log.NoTopics(services.Logger);
        }

        return start.RunAsync(() => StartAsync(start), cancellationToken);
    }

    /// <param name="hurry">Cancels running handlers before ShutdownTimeout is over.</param>
    public async Task StopAsync(CancellationToken hurry)
    {
        BusStart? start;
        lock (_lock)
        {
            (start, _start) = (_start, null);
        }

        _watch.End();

        if (start is not null)
        {
            await start.EndAsync().ConfigureAwait(false);
        }

        await StopAllAsync(hurry).ConfigureAwait(false);
    }

    private async Task StartAsync(BusStart start)
    {
        var started = services.Time.GetTimestamp();
        var backoff = new Backoff(services.Time, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
        while (true)
        {
            try
            {
                await connections.ConnectAsync(start.Token).ConfigureAwait(false);
                if (model.Options.StartWithoutRedis && !(connections.IsServerChecked && connections.IsConnected))
                {
                    start.GoesOn = BackgroundLoop.Start(nameof(BusLifetime), services.Logger, () => OpenOnceRedisIsThereAsync(start.Token));
                    return;
                }

                await OpenAllAsync(start.Token).ConfigureAwait(false);
                return;
            }
            catch (Exception error)
            {
                // Started again, it would open twice what is open.
                await StopAllAsync(start.Token).ConfigureAwait(false);
                if (!RedisErrors.IsRedisFault(error) || !RedisErrors.IsTransient(error) || start.Token.IsCancellationRequested)
                {
                    throw;
                }

                var waited = services.Time.GetElapsedTime(started);
                if (!model.Options.StartWithoutRedis && waited >= model.Options.StartTimeout)
                {
                    throw new RedisMessagingConnectionException(
                        $"The consumers could not be opened within {waited.TotalSeconds:0.#} s (StartTimeout), because Redis went away. "
                        + $"The last error: {BoundedText.MessageOf(error)}",
                        error);
                }

                Log.ConnectRetry(services.Logger, waited.TotalSeconds, model.Options.StartTimeout.TotalSeconds, error);
                await backoff.WaitAsync(start.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task OpenAllAsync(CancellationToken cancellationToken)
    {
        Opening?.Invoke();
        await Task.WhenAll(topics.Values.Select(topic => topic.Transport.CheckAsync(cancellationToken).AsTask())).ConfigureAwait(false);
        var drains = await transportSwitch.CheckAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            _drains = drains;
        }

        foreach (var consumer in model.Consumers)
        {
            await consumers.OpenAsync(consumer, topics[consumer.Topic].Transport, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task StopAllAsync(CancellationToken hurry)
    {
        IReadOnlyList<TransportDrain> drains;
        lock (_lock)
        {
            (drains, _drains) = (_drains, []);
        }

        await Task.WhenAll([.. drains.Select(drain => drain.StopAsync(hurry)), consumers.StopAllAsync(hurry)]).ConfigureAwait(false);
        foreach (var drain in drains)
        {
            await drain.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Started without Redis: what a start does otherwise is done when it comes.</summary>
    private async Task OpenOnceRedisIsThereAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(services.Time, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2));
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
                catch (Exception error) when (RedisErrors.IsRedisFault(error) && !cancellationToken.IsCancellationRequested)
                {
                    Log.StillWithoutRedis(services.Logger, error);
                    await StopAllAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            // Too late to fail the start: this log entry is all that says why nothing is consumed.
            Log.CannotConsume(services.Logger, error);
        }
    }
}
