namespace RedisMessaging.Topics.History;

/// <summary>An entry of a topic's history.</summary>
internal readonly record struct HistoryFrame(string Position, DateTimeOffset StoredAt, ReadOnlyMemory<byte> Frame);
