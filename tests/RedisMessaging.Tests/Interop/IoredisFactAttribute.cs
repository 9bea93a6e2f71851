namespace RedisMessaging.Tests.Interop;

/// <summary>A test against Node's ioredis; where that can't be had it is skipped and says why.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class IoredisFactAttribute : FactAttribute
{
    public IoredisFactAttribute() => Skip = Ioredis.WhyNot;
}
