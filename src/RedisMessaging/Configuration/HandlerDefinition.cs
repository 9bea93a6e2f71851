using RedisMessaging.Pipeline;

namespace RedisMessaging.Configuration;

/// <summary>A registered handler.</summary>
internal sealed record HandlerDefinition(HandlerBinding Binding, HandlerOptions Options);
