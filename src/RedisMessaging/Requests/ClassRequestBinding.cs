using System.Diagnostics.CodeAnalysis;
using RedisMessaging.Bus;
using RedisMessaging.Consuming.Handlers.Classes;
using RedisMessaging.Diagnostics;
using RedisMessaging.Topics;

namespace RedisMessaging.Requests;

/// <summary>A request handler class.</summary>
internal sealed class ClassRequestBinding<
    TRequest,
    TReply,
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
    : RequestBinding(typeof(TRequest), typeof(TReply), TypeName.Of(typeof(THandler)), needsScope: true)
    where THandler : class, IRequestHandler<TRequest, TReply>
{
    public override string FullName => TypeName.Full(typeof(THandler));

    public override string Identity => FullName;

    private readonly ClassSource<THandler> _source = new();

    public override void Check(ClassChecks checks) =>
        checks.Require($"Request handler '{Name}' of '{TypeName.Of(typeof(TRequest))}'", typeof(THandler));

    public override async ValueTask<Reply> AnswerAsync(
        object request,
        MessageContext context,
        IServiceProvider services,
        CancellationToken cancellationToken)
    {
        var handler = _source.Get(services, out var owned);
        TReply reply;
        try
        {
            reply = await handler.HandleAsync((TRequest)request, context, cancellationToken).ConfigureAwait(false);
        }
        catch when (owned)
        {
            await ForeignDisposal.AfterFailureAsync(handler, context, context.Topic, context.Group, Logger).ConfigureAwait(false);
            throw;
        }

        if (owned)
        {
            await OwnedInstance.DisposeAsync(handler).ConfigureAwait(false);
        }

        return new Reply<TReply>(reply);
    }
}
