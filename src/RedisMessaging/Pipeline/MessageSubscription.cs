using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Pipeline;

/// <summary>A running consumer with handlers.</summary>
internal sealed class MessageSubscription(ConsumerDefinition consumer, HandlerLoop loop, StartGate gate, GapNotifier gaps, Action<MessageSubscription> stopped, ILogger logger) : IMessageSubscription
{
    private readonly Lock _lock = new();
    private Task? _stopping;

    public event EventHandler<SubscriptionGap>? Gap
    {
        add => gaps.Gap += value;
        remove => gaps.Gap -= value;
    }

    public ConsumerDefinition Consumer => consumer;

    public StartGate Gate => gate;

    public string Topic => consumer.Address;

    public string Group => consumer.Group;

    public bool IsPaused => gate.IsPaused;

    public ValueTask PauseAsync(CancellationToken cancellationToken = default) => SetPaused(true, cancellationToken);

    public ValueTask ResumeAsync(CancellationToken cancellationToken = default) => SetPaused(false, cancellationToken);

    public ValueTask DisposeAsync() => new(StopAsync(CancellationToken.None));

    public Task StopAsync(CancellationToken hurry)
    {
        lock (_lock)
        {
            return _stopping ??= StopOnceAsync(hurry);
        }
    }

    private ValueTask SetPaused(bool paused, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        gate.Set(PauseReason.Subscription, paused);
        return ValueTask.CompletedTask;
    }

    private async Task StopOnceAsync(CancellationToken hurry)
    {
        await loop.StopAsync(hurry).ConfigureAwait(false);
        Log.ConsumerStopped(logger, Topic, Group);
        stopped(this);
    }
}
