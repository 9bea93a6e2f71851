namespace RedisMessaging.Testing;

/// <summary>A Redis that this process started, and may treat badly.</summary>
public abstract class OwnRedisServer : RedisServer
{
    public sealed override bool IsTemporary => true;

    /// <summary>Ends it at once, without letting it write anything down.</summary>
    public abstract Task KillAsync();

    /// <summary>Kills it if it runs, and starts it on the same port with the same data. Returns when it answers.</summary>
    public abstract Task RestartAsync();

    /// <summary>Freezes it: connections stay open, nothing answers.</summary>
    public abstract Task PauseAsync();

    /// <summary>Ends <see cref="PauseAsync"/>.</summary>
    public abstract Task ResumeAsync();
}
