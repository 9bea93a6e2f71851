using RedisMessaging.Consuming.Leases;
using StackExchange.Redis;

namespace RedisMessaging.Tests.Support;

/// <summary>For receivers without Redis, who need none.</summary>
internal sealed class NoLeaseConnection : ILeaseConnection
{
    public RedisResult Evaluate(string script, RedisKey[] keys, RedisValue[] values) => throw new NotSupportedException();
}
