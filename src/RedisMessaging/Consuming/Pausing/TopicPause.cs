namespace RedisMessaging;

/// <summary>Consumers that are paused (<see cref="ITopic.PauseAsync"/>).</summary>
/// <param name="Group">The group whose consumers are; <see langword="null"/> for all of the topic's.</param>
/// <param name="Since">Since when, by the server's clock.</param>
public sealed record TopicPause(string? Group, DateTimeOffset Since);
