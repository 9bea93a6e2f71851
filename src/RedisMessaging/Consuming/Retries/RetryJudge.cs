using Microsoft.Extensions.Logging;
using RedisMessaging.Consuming.Steps;
using RedisMessaging.Diagnostics.Logging;
using RedisMessaging.Topics;

namespace RedisMessaging.Consuming.Retries;

/// <summary>Asks a handler's <see cref="RetryOptions"/> about an exception, and logs what its conditions throw.</summary>
internal static class RetryJudge
{
    public static bool IsRetryable(StepContext context, RetryOptions retry, Exception error, ILogger logger)
    {
        var isRetryable = retry.IsRetryable(error, out var fault);
        if (fault is not null)
        {
            Log.RetryConditionFailed(logger, context.Context?.MessageId, context.Consumer.Topic.Name, context.Consumer.Group, fault);
        }

        return isRetryable;
    }
}
