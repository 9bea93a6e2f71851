using Microsoft.Extensions.Configuration;
using RedisMessaging.Configuration;
using RedisMessaging.Configuration.Topics;
using RedisMessaging.Serialization;
using RedisMessaging.Topics;

namespace RedisMessaging.Tests.Support;

/// <summary>Builds what the bus would be configured with, without Redis.</summary>
internal static class Configured
{
    /// <summary>A configuration section <c>RedisMessaging</c> of keys and values.</summary>
    public static IConfigurationSection Section(params (string Key, string? Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(pair => new KeyValuePair<string, string?>($"RedisMessaging:{pair.Key}", pair.Value)))
        .Build()
        .GetSection("RedisMessaging");

    /// <summary>A configuration section <c>RedisMessaging</c> of JSON.</summary>
    public static IConfigurationSection Json(string json, params (string Key, string? Value)[] others) => new ConfigurationBuilder()
        .AddInMemoryCollection(others.Select(pair => new KeyValuePair<string, string?>($"RedisMessaging:{pair.Key}", pair.Value)))
        .AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes($$"""{ "RedisMessaging": {{json}} }""")))
        .Build()
        .GetSection("RedisMessaging");

    public static BusModel Model(Action<RedisMessagingBuilder> configure, params (string Key, string? Value)[] configuration) => Model(configure, new ListLoggerProvider(), configuration);

    public static BusModel Model(Action<RedisMessagingBuilder> configure, ListLoggerProvider log, params (string Key, string? Value)[] configuration)
    {
        var builder = new RedisMessagingBuilder();
        builder.UseJson(SampleJson.Default);
        configure(builder);
        return Model(builder, Section(configuration), log);
    }

    public static BusModel Model(RedisMessagingBuilder builder, IConfigurationSection section, ListLoggerProvider log) =>
        BusModel.Build(builder, builder.Options, section.GetSection("Topics"), "app", builder.BuildSerializer(), log);

    /// <summary>How the messages of a stream stand in its frames.</summary>
    public static FrameFormat Format<T>(Action<StreamOptions> configure)
    {
        var builder = new RedisMessagingBuilder();
        builder.UseReflectionJson();
        return FrameFormat.Of(Topic(b => b.UseReflectionJson().AddStream<T>("topic", configure)), builder.BuildSerializer(), TimeProvider.System);
    }

    public static TopicDefinition Topic(Action<RedisMessagingBuilder> configure, params (string Key, string? Value)[] configuration) => Model(configure, configuration).Topics.Single();
}
