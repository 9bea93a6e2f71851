namespace RedisMessaging.Redis.ServerChecks;

/// <summary>
/// Commands, and options of commands, that only newer servers know. Each has something that does the same on an older one.
/// </summary>
[Flags]
internal enum NewerVerb
{
    None = 0,

    /// <summary>XREADGROUP … CLAIM (Redis 8.4): a read takes over what idled for too long.</summary>
    ReadClaim = 1,
}
