using RedisMessaging.Redis.Scripting;

namespace RedisMessaging.Redis.Keys;

internal static class FamilyScripts
{
    public static string Register { get; } = EmbeddedScript.Load("family-register");

    public static string Subscribe { get; } = EmbeddedScript.Load("family-subscribe");
}
