namespace RedisMessaging.Tests.Diagnostics.Other;

/// <summary>Another namespace has a handler of this name, too.</summary>
public sealed class ThingHandler : IMessageHandler<One.Thing>
{
    public ValueTask HandleAsync(One.Thing message, MessageContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
