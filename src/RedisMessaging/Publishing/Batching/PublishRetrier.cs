using RedisMessaging.Background;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Diagnostics;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;
using RedisMessaging.Transports.Contracts;

namespace RedisMessaging.Publishing.Batching;

/// <summary>
/// Sends again what failed for a transient reason, until Redis answers, the retry window has elapsed, or the caller cancels. What to send
/// is decided by <see cref="PublishQueue"/>.
/// </summary>
internal sealed class PublishRetrier
{
    private readonly TopicDefinition _topic;
    private readonly ITransport _transport;
    private readonly PublishQueue _queue;
    private readonly BusServices _services;

    public PublishRetrier(TopicDefinition topic, ITransport transport, PublishQueue queue, BusServices services)
    {
        (_topic, _transport, _queue, _services) = (topic, transport, queue, services);
        queue.RetryNeeded = Start;
    }

    private void Start() => _ = BackgroundLoop.Start(nameof(PublishRetrier), _services.Logger, RunAsync);

    private async Task RunAsync()
    {
        try
        {
            await RetryAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Nothing is expected here, but publishers must not wait for ever for a loop that has ended.
            Log.ResendFailed(_services.Logger, _topic.Name, error);
            Complete(_queue.AbortRetries(error));
        }
    }

    private async Task RetryAsync()
    {
        var backoff = new Backoff(_services.Time, FailedPublishes.MinDelay, FailedPublishes.MaxDelay);
        for (var attempt = 2; ; attempt++)
        {
            var plan = _queue.PlanRetry(backoff.Next());
            Complete(plan.Ended);
            if (plan.Error is not null)
            {
                Log.PublishRetried(_services.Logger, plan.Retried, _topic.Name, attempt, plan.Wait.TotalSeconds, plan.Error);
            }

            if (!plan.IsNeeded)
            {
                return;
            }

            try
            {
                await plan.Earlier.WaitAsync(plan.Wait, _services.Time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
            }

            await SendOnceAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Makes one attempt at each publish, address by address in their order. After one that fails again nothing of its address is sent.
    /// </summary>
    private async Task SendOnceAsync()
    {
        var blocked = new HashSet<string>(StringComparer.Ordinal);
        while (_queue.TakeRetry(blocked) is { } retry)
        {
            if (retry.Retried > 0)
            {
                _services.Instruments.PublishRetries.Add(retry.Retried, Instruments.Topic(_topic.Name));
            }

            await retry.SendAsync(_transport).ConfigureAwait(false);
            Complete(_queue.CompleteRetry(retry, blocked));
        }
    }

    private static void Complete(IReadOnlyList<PendingPublish> ended)
    {
        foreach (var entry in ended)
        {
            entry.Complete();
        }
    }
}
