using RedisMessaging.Configuration.Settings;
using RedisMessaging.Configuration.Settings.Types;
using RedisMessaging.Consuming.Batches;

namespace RedisMessaging.Configuration.Reload;

/// <summary>What a changed configuration changes in a consumer, as texts for the log.</summary>
/// <param name="AtOnce">What is used from now on.</param>
/// <param name="AtRestart">What a running consumer can't follow.</param>
internal sealed record ConsumerChanges(IReadOnlyList<string> AtOnce, IReadOnlyList<string> AtRestart)
{
    /// <param name="now">The options that the consumer uses.</param>
    /// <param name="next">The same, as the configuration has them by now.</param>
    public static ConsumerChanges Between(IReadOnlyList<ConsumerOptions> now, IReadOnlyList<ConsumerOptions> next)
    {
        var hasBatches = now.Any(options => options is IBatchOptions);
        var (atOnce, atRestart) = (new List<string>(), new List<string>());
        foreach (var (before, after) in now.Zip(next))
        {
            var settings = before is IBatchOptions ? HandlerSettings.All.Concat(HandlerSettings.OfBatches) : HandlerSettings.All;
            foreach (var setting in settings)
            {
                var (was, becomes) = (setting.Get(before), setting.Get(after));
                if (!Equals(was, becomes))
                {
                    (Follows(setting, hasBatches) ? atOnce : atRestart).Add($"{setting.Name} {Show(was)} -> {Show(becomes)}");
                }
            }
        }

        return new ConsumerChanges([.. atOnce.Distinct()], [.. atRestart.Distinct()]);
    }

    private static bool Follows(Setting setting, bool hasBatches) => setting.Reload switch
    {
        SettingReload.AtOnce => true,
        SettingReload.AtOnceWithoutBatches => !hasBatches,
        _ => false,
    };

    private static string Show(object? value) => value is null ? "default" : FormattableString.Invariant($"{value}");
}
