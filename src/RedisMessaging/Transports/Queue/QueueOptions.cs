using RedisMessaging.Transports.Contracts;

namespace RedisMessaging;

/// <summary>A topic on a Redis list.</summary>
public sealed class QueueOptions : TopicOptions
{
    /// <summary>
    /// How long a consumer that says nothing keeps what it claimed, before the others get it back in its old order. Renewed by itself while the consumer
    /// lives. Default 30 s; at least 1 s. Refused with <see cref="QueueDelivery.AtMostOnce"/>, which has no lease.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>At least once (the default), or at most once for speed.</summary>
    public QueueDelivery Delivery { get; set; } = QueueDelivery.AtLeastOnce;

    /// <summary>For tests: from how many messages on a claim is a lot, whatever their size.</summary>
    internal int? SmallestLot { get; set; }

    /// <inheritdoc cref="TopicOptions.Carries{T}(string?, string[])"/>
    public new QueueOptions Carries<T>(string? name = null, params string[] aliases)
    {
        base.Carries<T>(name, aliases);
        return this;
    }

    internal override TimeSpan? GetLease() => Lease;

    internal override void SetLease(TimeSpan lease) => Lease = lease;
}
