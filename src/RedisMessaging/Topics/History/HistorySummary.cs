namespace RedisMessaging;

/// <summary>What a stream holds at this moment.</summary>
/// <param name="Count">How many entries it has.</param>
/// <param name="First">The position of the oldest one; <see langword="null"/> when there is none.</param>
/// <param name="Last">The position of the newest one; <see langword="null"/> when there is none.</param>
/// <param name="FirstAt">When the oldest one was stored.</param>
/// <param name="LastAt">When the newest one was stored.</param>
/// <param name="Version">
/// How many entries it has ever been given, those that were trimmed or deleted included: the next
/// <see cref="PublishOptions.ExpectedVersion"/>.
/// </param>
public sealed record HistorySummary(long Count, string? First, string? Last, DateTimeOffset? FirstAt, DateTimeOffset? LastAt, long Version);
