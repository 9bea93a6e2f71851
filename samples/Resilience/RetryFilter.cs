using Polly;
using Polly.Retry;
using RedisMessaging;

namespace Resilience;

/// <summary>
/// A Polly pipeline around every handler: what fails for a moment is tried again in place. To the library all of it is one attempt. Retries that take longer belong to <c>handler.Retry</c>: there a message
/// waits in Redis, and holds no place among the handlers.
/// </summary>
internal sealed class RetryFilter : IConsumeFilter
{
    private static readonly ResiliencePipeline Pipeline = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<HttpRequestException>(),
            MaxRetryAttempts = 2,
            Delay = TimeSpan.FromMilliseconds(20),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build();

    public ValueTask ConsumeAsync(ConsumeContext context, ConsumeNext next, CancellationToken cancellationToken) =>
        Pipeline.ExecuteAsync(static (call, token) => call.next(call.context, token), (context, next), cancellationToken);
}
