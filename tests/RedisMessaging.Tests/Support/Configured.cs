using Microsoft.Extensions.Configuration;
using RedisMessaging.Configuration;
using RedisMessaging.Pipeline;

namespace RedisMessaging.Tests.Support;

/// <summary>Builds what the bus would be configured with, without Redis.</summary>
internal static class Configured
{
    /// <summary>A configuration section <c>RedisMessaging</c> of keys and values.</summary>
    public static IConfigurationSection Section(params (string Key, string? Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(pair => new KeyValuePair<string, string?>($"RedisMessaging:{pair.Key}", pair.Value)))
        .Build()
        .GetSection("RedisMessaging");

    public static BusModel Model(Action<RedisMessagingBuilder> configure, params (string Key, string? Value)[] configuration) => Model(configure, null, configuration);

    public static BusModel Model(Action<RedisMessagingBuilder> configure, List<string>? ignored, params (string Key, string? Value)[] configuration)
    {
        var builder = new RedisMessagingBuilder();
        builder.UseJson(SampleJson.Default);
        configure(builder);
        return BusModel.Build(builder, builder.Options, Section(configuration).GetSection("Topics"), "app", builder.BuildSerializer(), (topic, registered, configured) => ignored?.Add($"{topic}: {registered} → {configured}"));
    }

    /// <summary>How the messages of a stream stand in its frames.</summary>
    public static FrameFormat Format<T>(Action<StreamOptions> configure)
    {
        var builder = new RedisMessagingBuilder();
        builder.UseReflectionJson();
        return FrameFormat.Of(Topic(b => b.UseReflectionJson().AddStream<T>("topic", configure)), builder.BuildSerializer(), TimeProvider.System);
    }

    public static TopicDefinition Topic(Action<RedisMessagingBuilder> configure, params (string Key, string? Value)[] configuration) => Model(configure, configuration).Topics.Single();
}
