using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Consuming;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Topics.TransportChange;

/// <summary>
/// Handles what a topic's former transport still holds, with the topic's own handlers, and deletes it when nothing is left.
/// </summary>
/// <param name="open">Opens the topic's consumers on the former transport.</param>
internal sealed class TransportDrain(
    string topic,
    TransportKind former,
    ITransport transport,
    Func<ITransport, CancellationToken, Task<IReadOnlyList<MessageSubscription>>> open,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stop = new();
    private readonly OneTime _disposing = new();
    private IReadOnlyList<MessageSubscription> _consumers = [];
    private Task _running = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _consumers = await open(transport, cancellationToken).ConfigureAwait(false);
        _running = BackgroundLoop.StartLasting(nameof(TransportDrain), logger, RunAsync, () => _stop.IsCancellationRequested);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await StopConsumersAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => new(_disposing.RunAsync(DisposeOnceAsync));

    private async Task DisposeOnceAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        await transport.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var drained = false;
        while (!drained && !_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(LookInterval, time, _stop.Token).ConfigureAwait(false);
                if (await transport.CountUnhandledAsync(_stop.Token).ConfigureAwait(false) > 0)
                {
                    await OpenConsumersAsync().ConfigureAwait(false);
                    continue;
                }

                // A consumer that still runs would create the deleted keys again.
                await StopConsumersAsync(_stop.Token).ConfigureAwait(false);
                _consumers = [];
                drained = await transport.DeleteDrainedAsync(_stop.Token).ConfigureAwait(false);
                if (!drained)
                {
                    // A publisher that has not switched yet was quicker.
                    await OpenConsumersAsync().ConfigureAwait(false);
                }
            }
            catch (Exception error) when (_stop.IsCancellationRequested || BusDisposed.IsTold(error))
            {
                return;
            }
            catch (Exception error)
            {
                // Whatever it was: a drain that died would leave what the former transport holds.
                Log.DrainFailed(logger, topic, former, error);
            }
        }

        if (drained)
        {
            Log.DrainEnded(logger, topic, former);
        }
    }

    /// <summary>Unless they run: an error may have come between stopping them and deleting what they drained.</summary>
    private async Task OpenConsumersAsync()
    {
        if (_consumers.Count == 0)
        {
            _consumers = await open(transport, _stop.Token).ConfigureAwait(false);
        }
    }

    private Task StopConsumersAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_consumers.Select(consumer => consumer.StopAsync(cancellationToken)));
}
