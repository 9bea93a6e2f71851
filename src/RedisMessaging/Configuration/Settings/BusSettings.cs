using Microsoft.Extensions.Configuration;
using RedisMessaging.Configuration.Settings.Types;

namespace RedisMessaging.Configuration.Settings;

/// <summary>What the section given to AddRedisMessaging may say of the bus as a whole.</summary>
internal static class BusSettings
{
    public const string Connection = "Connection";
    public const string Topics = "Topics";

    /// <summary>The settings of <see cref="RedisMessagingOptions"/>.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new Setting<RedisMessagingOptions, string>(
            nameof(RedisMessagingOptions.KeyPrefix),
            SettingTypes.Text,
            o => o.KeyPrefix,
            (o, v) => o.KeyPrefix = v),
        new Setting<RedisMessagingOptions, string?>(
            nameof(RedisMessagingOptions.Application),
            SettingTypes.OptionalText,
            o => o.Application,
            (o, v) => o.Application = v),
        new Setting<RedisMessagingOptions, TimeSpan>(
            nameof(RedisMessagingOptions.ShutdownTimeout),
            SettingTypes.Duration,
            o => o.ShutdownTimeout,
            (o, v) => o.ShutdownTimeout = v),
        new Setting<RedisMessagingOptions, TimeSpan>(
            nameof(RedisMessagingOptions.StartTimeout),
            SettingTypes.Duration,
            o => o.StartTimeout,
            (o, v) => o.StartTimeout = v),
        new Setting<RedisMessagingOptions, bool>(
            nameof(RedisMessagingOptions.StartWithoutRedis),
            SettingTypes.Flag,
            o => o.StartWithoutRedis,
            (o, v) => o.StartWithoutRedis = v),
        new Setting<RedisMessagingOptions, OnTransportChange>(
            nameof(RedisMessagingOptions.OnTransportChange),
            SettingTypes.Word<OnTransportChange>(),
            o => o.OnTransportChange,
            (o, v) => o.OnTransportChange = v),
        new Setting<RedisMessagingOptions, OnUnsafeServer>(
            nameof(RedisMessagingOptions.OnUnsafeServer),
            SettingTypes.Word<OnUnsafeServer>(),
            o => o.OnUnsafeServer,
            (o, v) => o.OnUnsafeServer = v),
        new Setting<RedisMessagingOptions, int>(
            nameof(RedisMessagingOptions.PublishBufferCapacity),
            SettingTypes.Number,
            o => o.PublishBufferCapacity,
            (o, v) => o.PublishBufferCapacity = v),
        new Setting<RedisMessagingOptions, int>(
            nameof(RedisMessagingOptions.MaxMessageBytes),
            SettingTypes.Number,
            o => o.MaxMessageBytes,
            (o, v) => o.MaxMessageBytes = v),
        new Setting<RedisMessagingOptions, TimeSpan>(
            nameof(RedisMessagingOptions.PublishTimeout),
            SettingTypes.Duration,
            o => o.PublishTimeout,
            (o, v) => o.PublishTimeout = v),
    ];

    /// <summary>Everything that may stand directly in the section.</summary>
    public static IReadOnlyList<string> Names { get; } = [Connection, Topics, .. All.Select(setting => setting.Name)];

    /// <exception cref="RedisMessagingConfigurationException">A value can't be read, or is out of bounds.</exception>
    public static void Read(IConfiguration configuration, RedisMessagingOptions options)
    {
        var values = ConfiguredValues.Below(configuration);
        ConfiguredValues.ReadInto(options, All, values, "");
        try
        {
            options.Validate();
        }
        catch (RedisMessagingConfigurationException error)
        {
            throw ConfiguredValues.NamePath(error, values);
        }
    }

    /// <summary>Whether a section may well be meant for AddRedisMessaging: it has something that only such a section has.</summary>
    public static bool LooksLikeOurs(IConfigurationSection section) =>
        section.GetChildren().Any(child => Names.Contains(child.Key, StringComparer.OrdinalIgnoreCase));
}
