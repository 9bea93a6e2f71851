namespace RedisMessaging.FaultTests;

/// <summary>What a publisher was told.</summary>
internal enum Outcome
{
    Ok,
    Refused,
    Unknown,
}
