namespace RedisMessaging.Transports;

internal static class FamilyScripts
{
    public static string Register { get; } = EmbeddedScript.Load(EmbeddedScript.PutFirst, "family-register.lua");

    public static string Subscribe { get; } = EmbeddedScript.Load("family-subscribe.lua");
}
