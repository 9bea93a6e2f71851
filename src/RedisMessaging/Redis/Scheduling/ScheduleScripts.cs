using RedisMessaging.Redis.Scripting;

namespace RedisMessaging.Redis.Scheduling;

/// <summary>Scripts on what is scheduled, whatever transport it is scheduled on.</summary>
internal static class ScheduleScripts
{
    public static string Page { get; } = EmbeddedScript.Load("schedule-page");

    public static string Cancel { get; } = EmbeddedScript.Load("schedule-cancel");

    public static string Sweep { get; } = EmbeddedScript.Load("schedule-sweep");
}
