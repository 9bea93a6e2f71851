using RedisMessaging.Background;
using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Consuming.Batches;

namespace RedisMessaging.Configuration.Settings;

/// <summary>
/// What <c>Topics:{topic}:Handlers:{group}</c> may say of the handlers of a group: every option of theirs that is a value, save the group.
/// </summary>
internal static class HandlerSettings
{
    /// <summary>The section below a topic.</summary>
    public const string Section = "Handlers";

    /// <summary>Whether the consumer is paused: configuration alone has it.</summary>
    public const string Paused = "Paused";

    /// <summary>Settings of all handlers.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Of(nameof(ConsumerOptions.Concurrency), SettingReload.AtOnceWithoutBatches, SettingTypes.OptionalNumber,
            o => o.Concurrency, (o, v) => o.Concurrency = v),
        Of(nameof(ConsumerOptions.Prefetch), SettingReload.AtOnceWithoutBatches, SettingTypes.OptionalNumber,
            o => o.Prefetch, (o, v) => o.Prefetch = v),
        Of(nameof(ConsumerOptions.PrefetchBytes), SettingReload.AtOnce, SettingTypes.OptionalLongNumber,
            o => o.PrefetchBytes, (o, v) => o.PrefetchBytes = v),
        Of(nameof(ConsumerOptions.Broadcast), SettingReload.AtRestart, SettingTypes.OptionalFlag,
            o => o.Broadcast, (o, v) => o.Broadcast = v),
        Of(nameof(ConsumerOptions.BroadcastName), SettingReload.AtRestart, SettingTypes.OptionalText,
            o => o.BroadcastName, (o, v) => o.BroadcastName = v),
        Of(nameof(ConsumerOptions.StartAt), SettingReload.AtRestart, SettingTypes.Word<StartPosition>(),
            o => o.StartAt, (o, v) => o.StartAt = v),
        Of(nameof(ConsumerOptions.InboxWindow), SettingReload.AtRestart, SettingTypes.OptionalDuration,
            o => o.InboxWindow, (o, v) => o.InboxWindow = v),
        Of(nameof(ConsumerOptions.KeyOrder), SettingReload.AtRestart, SettingTypes.OptionalWord<KeyOrder>(),
            o => o.KeyOrder, (o, v) => o.KeyOrder = v),
        Of("RateLimit:Messages", SettingReload.AtOnce, SettingTypes.Number,
            o => Limit(o).Messages, (o, v) => o.RateLimit = Limit(o) with { Messages = v }),
        Of("RateLimit:Per", SettingReload.AtOnce, SettingTypes.Duration,
            o => Limit(o).Per, (o, v) => o.RateLimit = Limit(o) with { Per = v }),
        Of(nameof(ConsumerOptions.HandlerTimeout), SettingReload.AtOnce, SettingTypes.OptionalDuration,
            o => o.HandlerTimeout, (o, v) => o.HandlerTimeout = v),
        Of("Retry:MaxAttempts", SettingReload.AtOnce, SettingTypes.Number, o => o.Retry.MaxAttempts, (o, v) => o.Retry.MaxAttempts = v),
        Of("Retry:ImmediateAttempts", SettingReload.AtOnce, SettingTypes.Number,
            o => o.Retry.ImmediateAttempts, (o, v) => o.Retry.ImmediateAttempts = v),
        Of("Retry:Delay", SettingReload.AtOnce, SettingTypes.Duration, o => o.Retry.Delay, (o, v) => o.Retry.Delay = v),
        Of("Retry:Backoff", SettingReload.AtOnce, SettingTypes.Word<RetryBackoff>(), o => o.Retry.Backoff, (o, v) => o.Retry.Backoff = v),
        Of("Retry:MaxDelay", SettingReload.AtOnce, SettingTypes.Duration, o => o.Retry.MaxDelay, (o, v) => o.Retry.MaxDelay = v),
        Of("Retry:Jitter", SettingReload.AtOnce, SettingTypes.Fraction, o => o.Retry.Jitter, (o, v) => o.Retry.Jitter = v),
        Of(Paused, SettingReload.AtOnce, SettingTypes.Flag, o => o.Paused, (o, v) => o.Paused = v),
    ];

    /// <summary>Settings of batch handlers alone.</summary>
    public static IReadOnlyList<Setting> OfBatches { get; } =
    [
        new Setting<IBatchOptions, int>(nameof(IBatchOptions.BatchSize), SettingTypes.Number, o => o.BatchSize, (o, v) => o.BatchSize = v),
        new Setting<IBatchOptions, TimeSpan>(
            nameof(IBatchOptions.BatchWait),
            SettingTypes.Duration,
            o => o.BatchWait,
            (o, v) => o.BatchWait = v),
    ];

    /// <summary>Everything that may stand below a group.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Concat(OfBatches).Select(setting => setting.Name)];

    /// <summary>Whether a setting is called so, or starts so.</summary>
    public static bool IsFirstPart(string name) => Exactly(name) is not null || IsSection(name);

    /// <summary>Whether settings stand below it.</summary>
    public static bool IsSection(string name) => Names.Any(setting => IsBelow(setting, name));

    /// <summary>The setting of handlers that a path elsewhere names, or almost names.</summary>
    public static string? Find(string path)
    {
        var first = path.Split(':')[0];
        return Exactly(path) ?? Names.FirstOrDefault(name => IsBelow(name, first)) ?? Exactly(first) ?? NearestTo(path, first);
    }

    private static string? NearestTo(string path, string first)
    {
        // The parts of Retry are well known by themselves.
        return Names.FirstOrDefault(name => name.EndsWith(":" + first, StringComparison.OrdinalIgnoreCase))
            ?? (first.Length > 4 ? Spelling.Nearest(path, Names) : null);
    }

    private static string? Exactly(string path) => Names.FirstOrDefault(name => name.Equals(path, StringComparison.OrdinalIgnoreCase));

    private static bool IsBelow(string name, string section) => name.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase);

    private static RateLimit Limit(ConsumerOptions options) => options.RateLimit ?? new RateLimit(0, TimeSpan.Zero);

    private static Setting<ConsumerOptions, T> Of<T>(
        string name,
        SettingReload reload,
        SettingType<T> type,
        Func<ConsumerOptions, T> get,
        Action<ConsumerOptions, T> set) => new(name, type, get, set) { Reload = reload };
}
