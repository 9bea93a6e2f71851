namespace RedisMessaging.Serialization;

/// <summary>What is known of a message beside its frame.</summary>
/// <param name="Position">Stream: the id of its entry.</param>
/// <param name="MadeUpId">An id that its receiver made up, where neither the frame nor a position gives one.</param>
internal readonly record struct FrameOrigin(string? Position = null, string? MadeUpId = null);
