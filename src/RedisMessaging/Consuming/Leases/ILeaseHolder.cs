namespace RedisMessaging.Consuming.Leases;

/// <summary>Holds leases that have to be renewed.</summary>
internal interface ILeaseHolder
{
    /// <summary>How often.</summary>
    TimeSpan RenewalInterval { get; }

    /// <summary>Renews them. Called on the thread for renewals: while it waits for Redis or computes, no other lease is renewed.</summary>
    /// <returns>False when that failed.</returns>
    bool Renew(ILeaseConnection connection);
}
