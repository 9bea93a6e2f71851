namespace RedisMessaging.Redis.ServerChecks;

/// <summary>Where the keys and channels of a connection are.</summary>
internal sealed record ServerPlace
{
    /// <summary>What the server calls itself until it is restarted; <see langword="null"/> where it does not say.</summary>
    public string? RunId { get; init; }

    /// <summary>All servers that the connection knows.</summary>
    public required IReadOnlyList<string> EndPoints { get; init; }

    public required bool IsCluster { get; init; }

    public required int Database { get; init; }

    /// <summary>What StackExchange.Redis puts in front of channels.</summary>
    public required string ChannelStart { get; init; }

    /// <summary>Servers have several addresses, and addresses may be those of a tunnel; a cluster has many servers.</summary>
    public bool IsSameServer(ServerPlace other) => IsCluster == other.IsCluster
        && (IsCluster || RunId is null || other.RunId is null ? EndPoints.Intersect(other.EndPoints).Any() : RunId == other.RunId);
}
