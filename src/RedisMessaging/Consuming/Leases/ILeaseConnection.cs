using StackExchange.Redis;

namespace RedisMessaging.Consuming.Leases;

/// <summary>What leases are renewed over. Calls wait on the calling thread: renewals have one of their own, so that they don't depend on the thread pool, which handlers may block.</summary>
internal interface ILeaseConnection
{
    /// <summary>Runs a script that does no harm when it runs twice.</summary>
    /// <exception cref="RedisException">It is not known whether it ran.</exception>
    /// <exception cref="TimeoutException">It is not known whether it ran.</exception>
    RedisResult Evaluate(string script, RedisKey[] keys, RedisValue[] values);
}
