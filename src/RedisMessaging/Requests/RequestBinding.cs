using RedisMessaging.Consuming.Handlers;

namespace RedisMessaging.Requests;

/// <summary>A user's request handler behind one untyped call.</summary>
internal abstract class RequestBinding(
    Type requestType,
    Type replyType,
    string name,
    bool needsScope) : HandlerBinding(requestType, name, needsScope)
{
    public Type ReplyType { get; } = replyType;

    public abstract ValueTask<Reply> AnswerAsync(
        object request,
        MessageContext context,
        IServiceProvider services,
        CancellationToken cancellationToken);

    public override async ValueTask HandleAsync(
        object message,
        MessageContext context,
        IServiceProvider services,
        CancellationToken cancellationToken) =>
        await AnswerAsync(message, context, services, cancellationToken).ConfigureAwait(false);
}
