using Microsoft.Extensions.Logging;
using RedisMessaging.Configuration;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Pipeline;

/// <summary>A running consumer with handlers.</summary>
internal sealed class MessageSubscription(ConsumerDefinition consumer, HandlerLoop loop, GapNotifier gaps, Action<MessageSubscription> stopped, ILogger logger) : IMessageSubscription
{
    private readonly Lock _lock = new();
    private Task? _stopping;

    public event EventHandler<SubscriptionGap>? Gap
    {
        add => gaps.Gap += value;
        remove => gaps.Gap -= value;
    }

    public ConsumerDefinition Consumer => consumer;

    public string Topic => consumer.Address;

    public string Group => consumer.Group;

    public ValueTask DisposeAsync() => new(StopAsync(CancellationToken.None));

    public Task StopAsync(CancellationToken hurry)
    {
        lock (_lock)
        {
            return _stopping ??= StopOnceAsync(hurry);
        }
    }

    private async Task StopOnceAsync(CancellationToken hurry)
    {
        await loop.StopAsync(hurry).ConfigureAwait(false);
        Log.ConsumerStopped(logger, Topic, Group);
        stopped(this);
    }
}
