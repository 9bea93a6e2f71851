namespace RedisMessaging;

/// <summary>Adds topics on Redis Pub/Sub.</summary>
public static class PubSubTransportBuilderExtensions
{
    /// <summary>Adds a topic on Redis Pub/Sub that carries one message type.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The topic's name: letters, digits and <c>. _ - : /</c>; <c>*</c> makes it a pattern (<c>news:*</c>).</param>
    /// <param name="configure">Sets its options.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The name or an option is not allowed; the text says which and what is.</exception>
    public static RedisMessagingBuilder AddPubSub<T>(this RedisMessagingBuilder builder, string name, Action<PubSubOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new PubSubOptions();
        configure?.Invoke(options);
        return builder.AddTopic<T>(name, TransportKind.PubSub, options);
    }

    /// <summary>Adds a topic on Redis Pub/Sub that carries the message types named with <c>Carries</c>.</summary>
    /// <inheritdoc cref="AddPubSub{T}(RedisMessagingBuilder, string, Action{PubSubOptions}?)"/>
    public static RedisMessagingBuilder AddPubSub(this RedisMessagingBuilder builder, string name, Action<PubSubOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new PubSubOptions();
        configure(options);
        return builder.AddTopic(name, TransportKind.PubSub, options);
    }
}
