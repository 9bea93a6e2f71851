namespace RedisMessaging.FaultTests;

/// <summary>What a row wants otherwise than the others.</summary>
internal sealed record FaultOptions
{
    /// <summary>The default of the library: only rows in which a consumer dies have a reason for another.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many consumers share the work; Pub/Sub always has one, since each would get every message.</summary>
    public int Consumers { get; init; } = 2;

    public int Concurrency { get; init; } = 8;

    /// <summary>Consumers connect through a proxy.</summary>
    public bool ProxyConsumers { get; init; }

    /// <summary>Publishers connect through a proxy.</summary>
    public bool ProxyPublishers { get; init; }

    /// <summary>Publishers choose their messages' ids.</summary>
    public bool GivenIds { get; init; }

    /// <summary>More of a connection string.</summary>
    public string Connection { get; init; } = "";

    /// <summary>How many messages are published in all, at least.</summary>
    public int Messages { get; init; } = 5_000;

    /// <summary>How large a message is, beside its header.</summary>
    public int Filler { get; init; }

    /// <summary>How many consumers end without a word.</summary>
    public int Killed { get; init; }

    /// <summary>The clock of the first consumer and the publisher; the others go by the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Publishing waits for so many replicas (WAIT).</summary>
    public int WaitForReplicas { get; init; }

    /// <summary>What a row's line says besides, where a row has several.</summary>
    public string? Note { get; init; }

    /// <summary>Between two messages of a publisher while a fault lasts.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>What handling takes.</summary>
    public Func<LoadMessage, TimeSpan> Work { get; init; } = static _ => TimeSpan.FromMilliseconds(1);
}
