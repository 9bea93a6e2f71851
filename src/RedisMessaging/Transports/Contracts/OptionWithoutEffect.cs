namespace RedisMessaging.Transports.Contracts;

/// <summary>An option of a topic that was set and changes nothing.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Why">Why that is so, and what to do: a sentence.</param>
internal sealed record OptionWithoutEffect(string Name, string Why);
