namespace RedisMessaging.FaultTests;

/// <summary>What a message has to say for its handler to fail, in the place of <see cref="LoadMessage.Filler"/>.</summary>
internal static class Poison
{
    /// <summary>Ends the process at once.</summary>
    public const string Kills = "kills";

    /// <summary>Throws.</summary>
    public const string Throws = "throws";
}
