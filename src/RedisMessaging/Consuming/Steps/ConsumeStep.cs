namespace RedisMessaging.Consuming.Steps;

/// <summary>One step of the consume pipeline; see <see cref="MessagePipelines"/> for their order.</summary>
internal abstract class ConsumeStep
{
    public abstract ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken);
}
