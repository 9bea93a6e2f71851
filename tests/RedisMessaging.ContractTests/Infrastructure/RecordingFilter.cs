using System.Collections.Concurrent;

namespace RedisMessaging.ContractTests;

/// <summary>Says when it ran, and leaves its mark on the message.</summary>
internal sealed class RecordingFilter(string name, ConcurrentQueue<string> steps) : IPublishFilter, IConsumeFilter
{
    public async ValueTask<PublishResult> PublishAsync(PublishContext context, PublishNext next, CancellationToken cancellationToken)
    {
        steps.Enqueue($"{name} before publish");
        context.Headers[name] = "was here";
        var result = await next(context, cancellationToken);
        steps.Enqueue($"{name} after publish");
        return result;
    }

    public async ValueTask ConsumeAsync(ConsumeContext context, ConsumeNext next, CancellationToken cancellationToken)
    {
        steps.Enqueue($"{name} before consume");
        await next(context, cancellationToken);
        steps.Enqueue($"{name} after consume");
    }
}
