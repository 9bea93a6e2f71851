namespace RedisMessaging.Consuming.Leases;

/// <summary>One holder among those whose leases are renewed. Guarded by <see cref="LeaseRenewals"/>.</summary>
internal sealed class LeaseEntry(ILeaseHolder holder, long due)
{
    public ILeaseHolder Holder => holder;

    /// <summary>When it is to renew next: a timestamp.</summary>
    public long Due { get; set; } = due;

    /// <summary>Its last renewal failed, so that its next one may take long again: those that do not fail go first.</summary>
    public bool HasFailed { get; set; }

    /// <summary>Set by its removal, which ends once a renewal that is under way is over.</summary>
    public TaskCompletionSource? Removed { get; set; }
}
