using RedisMessaging.Diagnostics;

namespace RedisMessaging.Requests;

/// <summary>A request handler given as a delegate.</summary>
internal sealed class DelegateRequestBinding<TRequest, TReply>(RequestHandler<TRequest, TReply> handler)
    : RequestBinding(typeof(TRequest), typeof(TReply), $"request delegate for {TypeName.Of(typeof(TRequest))}", needsScope: false)
{
    public override async ValueTask<Reply> AnswerAsync(
        object request,
        MessageContext context,
        IServiceProvider services,
        CancellationToken cancellationToken) =>
        new Reply<TReply>(await handler((TRequest)request, context, cancellationToken).ConfigureAwait(false));
}
