namespace RedisMessaging;

/// <summary>What trimming a stream came to.</summary>
/// <param name="Removed">How many entries were removed.</param>
/// <param name="Unhandled">
/// How many of them some group had not read or had pending, counted once for each such group: with <see cref="Retention.Force"/>, or of
/// groups that are abandoned.
/// </param>
public sealed record TrimResult(long Removed, long Unhandled);
