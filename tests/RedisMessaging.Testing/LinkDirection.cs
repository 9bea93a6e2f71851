namespace RedisMessaging.Testing;

/// <summary>Which way bytes go through a <see cref="FaultProxy"/>.</summary>
public enum LinkDirection
{
    ToServer,
    ToClient,
}
