using Microsoft.Extensions.Logging;
using RedisMessaging.Background;
using RedisMessaging.Bus.Stopping;
using RedisMessaging.Configuration.Handlers;
using RedisMessaging.Consuming.Pausing;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Consuming;

/// <summary>A running consumer with handlers.</summary>
internal sealed class MessageSubscription(
    ConsumerDefinition consumer,
    HandlerWorkers workers,
    HandlerStartLimiter limiter,
    GapNotifier gaps,
    Action<MessageSubscription> stopped,
    ILogger logger) : IMessageSubscription
{
    private readonly OneTime _stopping = new();

    public event EventHandler<SubscriptionGap>? Gap
    {
        add => gaps.Gap += value;
        remove => gaps.Gap -= value;
    }

    public ConsumerDefinition Consumer => consumer;

    public HandlerStartLimiter Limiter => limiter;

    /// <summary>Has it follow the configuration.</summary>
    public ConsumerReload Reload { get; } = new(consumer, limiter, workers.Use, logger);

    /// <summary>The handlers that run.</summary>
    public RunningHandlers Handlers => workers.Handlers;

    public string Topic => consumer.Address;

    public string Group => consumer.Group;

    public bool IsPaused => limiter.IsPaused;

    public ValueTask PauseAsync(CancellationToken cancellationToken = default) => SetPaused(true, cancellationToken);

    public ValueTask ResumeAsync(CancellationToken cancellationToken = default) => SetPaused(false, cancellationToken);

    public ValueTask DisposeAsync() => new(StopWaits.WaitAsync([workers.Handlers], StopAsync(CancellationToken.None)));

    /// <summary>The whole stop, also where the caller is inside a handler of its own.</summary>
    /// <param name="cancellationToken">Cancels the handlers, whichever caller stopped it first.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await using var cancelling = cancellationToken.UnsafeRegister(
            static state => ((HandlerWorkers)state!).CancelHandlers(),
            workers).ConfigureAwait(false);
        await _stopping.RunAsync(StopOnceAsync).ConfigureAwait(false);
    }

    private ValueTask SetPaused(bool paused, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_stopping.HasBegun, typeof(IMessageSubscription));
        limiter.Set(PauseReason.Subscription, paused);
        return ValueTask.CompletedTask;
    }

    private async Task StopOnceAsync()
    {
        try
        {
            await workers.StopAsync(CancellationToken.None).ConfigureAwait(false);
            Log.ConsumerStopped(logger, Topic, Group);
        }
        finally
        {
            stopped(this);
        }
    }
}
