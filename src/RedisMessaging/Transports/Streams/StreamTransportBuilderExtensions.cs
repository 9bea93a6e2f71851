namespace RedisMessaging;

/// <summary>Adds topics on a Redis stream.</summary>
public static class StreamTransportBuilderExtensions
{
    /// <summary>Adds a topic on a Redis stream that carries one message type.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The topic's name: letters, digits and <c>. _ - : /</c>.</param>
    /// <param name="configure">Sets its options.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The name or an option is not allowed; the text says which and what is.</exception>
    public static RedisMessagingBuilder AddStream<T>(this RedisMessagingBuilder builder, string name, Action<StreamOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new StreamOptions();
        configure?.Invoke(options);
        return builder.AddTopic<T>(name, TransportKind.Stream, options);
    }

    /// <summary>Adds a topic on a Redis stream that carries the message types named with <c>Carries</c>.</summary>
    /// <inheritdoc cref="AddStream{T}(RedisMessagingBuilder, string, Action{StreamOptions}?)"/>
    public static RedisMessagingBuilder AddStream(this RedisMessagingBuilder builder, string name, Action<StreamOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new StreamOptions();
        configure(options);
        return builder.AddTopic(name, TransportKind.Stream, options);
    }
}
