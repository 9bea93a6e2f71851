using Microsoft.Extensions.Logging;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming;

/// <summary>Tells a consumer's user of gaps. What the user's code throws is the user's: logged, and nothing stops for it.</summary>
internal sealed class GapNotifier(Action<SubscriptionGap>? onGap, ILogger logger)
{
    public event EventHandler<SubscriptionGap>? Gap;

    /// <summary>The subscription, as the event's sender.</summary>
    public object? Sender { get; set; }

    public void Notify(SubscriptionGap gap)
    {
        foreach (var listener in Delegate.EnumerateInvocationList(onGap))
        {
            Notify(gap, () => listener(gap));
        }

        foreach (var listener in Delegate.EnumerateInvocationList(Gap))
        {
            Notify(gap, () => listener(Sender, gap));
        }
    }

    private void Notify(SubscriptionGap gap, Action notify)
    {
        try
        {
            notify();
        }
        catch (Exception error)
        {
            Log.GapHandlerFailed(logger, gap.Topic, gap.Group, error);
        }
    }
}
