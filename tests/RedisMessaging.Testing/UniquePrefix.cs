namespace RedisMessaging.Testing;

/// <summary>A key prefix for each test, so that tests share a server and nothing else.</summary>
public static class UniquePrefix
{
    public static string Create() => $"test-{Guid.NewGuid():N}:";
}
