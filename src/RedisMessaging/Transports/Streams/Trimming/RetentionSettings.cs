using RedisMessaging.Configuration.Settings.Types;

namespace RedisMessaging.Transports.Streams.Trimming;

/// <summary>What configuration may say of a topic's retention: the word Forever, or a section whose values change what code said.</summary>
internal static class RetentionSettings
{
    private const string Section = nameof(StreamOptions.Retention);

    /// <summary>The word first. What it means, the parts tell: it never differs from the default by itself.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new Setting<StreamOptions, Retention>(Section, new RetentionType(), _ => Retention.Forever, (o, v) => o.Retention = v),
        Part(nameof(Retention.MaxLength), SettingTypes.OptionalLongNumber, r => r.MaxLength, (r, v) => r with { MaxLength = v }),
        Part(nameof(Retention.MaxAge), SettingTypes.OptionalDuration, r => r.MaxAge, (r, v) => r with { MaxAge = v }),
        Part(nameof(Retention.Exact), SettingTypes.Flag, r => r.Exact, (r, v) => r with { Exact = v }),
        Part(nameof(Retention.Force), SettingTypes.Flag, r => r.Force, (r, v) => r with { Force = v }),
        Part(nameof(Retention.AbandonedAfter), SettingTypes.OptionalDuration, r => r.AbandonedAfter, (r, v) => r with { AbandonedAfter = v }),
    ];

    private static Setting<StreamOptions, T> Part<T>(string name, SettingType<T> type, Func<Retention, T> get, Func<Retention, T, Retention> change) =>
        new($"{Section}:{name}", type, o => get(o.Retention), (o, v) => o.Retention = change(o.Retention, v));
}
