namespace RedisMessaging;

/// <summary>Adds topics on a Redis list.</summary>
public static class QueueTransportBuilderExtensions
{
    /// <summary>Adds a topic on a Redis list that carries one message type.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The topic's name: letters, digits and <c>. _ - : /</c>.</param>
    /// <param name="configure">Sets its options.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="RedisMessagingConfigurationException">The name or an option is not allowed; the text says which and what is.</exception>
    public static RedisMessagingBuilder AddQueue<T>(this RedisMessagingBuilder builder, string name, Action<QueueOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new QueueOptions();
        configure?.Invoke(options);
        return builder.AddTopic<T>(name, TransportKind.Queue, options);
    }

    /// <summary>Adds a topic on a Redis list that carries the message types named with <c>Carries</c>.</summary>
    /// <inheritdoc cref="AddQueue{T}(RedisMessagingBuilder, string, Action{QueueOptions}?)"/>
    public static RedisMessagingBuilder AddQueue(this RedisMessagingBuilder builder, string name, Action<QueueOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new QueueOptions();
        configure(options);
        return builder.AddTopic(name, TransportKind.Queue, options);
    }
}
