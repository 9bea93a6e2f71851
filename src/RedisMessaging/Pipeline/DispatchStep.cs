namespace RedisMessaging.Pipeline;

/// <summary>Innermost: the handler.</summary>
internal sealed class DispatchStep : ConsumeStep
{
    public override ValueTask InvokeAsync(ReceiveContext context, CancellationToken cancellationToken) =>
        context.Handler!.Binding.HandleAsync(context.Message!, context.Context!, context.Services, cancellationToken);
}
