namespace RedisMessaging.Testing;

/// <summary>A Redis that somebody else runs.</summary>
internal sealed class GivenRedisServer(string connectionString) : RedisServer
{
    public override string ConnectionString => connectionString;

    public override bool IsTemporary => false;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
