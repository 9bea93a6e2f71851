using RedisMessaging.Requests;

namespace RedisMessaging.Consuming.Steps;

/// <summary>Innermost: the handler.</summary>
internal sealed class DispatchStep : ConsumeStep
{
    public override ValueTask InvokeAsync(StepContext context, CancellationToken cancellationToken) =>
        context.Handler!.Binding is RequestBinding request
            ? AnswerAsync(request, context, cancellationToken)
            : context.Handler.Binding.HandleAsync(context.Message!, context.Context!, context.Services, cancellationToken);

    private static async ValueTask AnswerAsync(RequestBinding request, StepContext context, CancellationToken cancellationToken) =>
        context.Reply = await request.AnswerAsync(
            context.Message!,
            context.Context!,
            context.Services,
            cancellationToken).ConfigureAwait(false);
}
