using RedisMessaging.Diagnostics.Logging;

namespace RedisMessaging;

/// <summary>What to do at start-up when a topic's other transport still holds unhandled messages.</summary>
public enum OnTransportChange
{
    /// <summary>Refuse to start, naming the topic and the count.</summary>
    Fail,

    /// <summary>Log a warning and go on; the old messages stay where they are.</summary>
    Warn,

    /// <summary>Handle the old messages too, with the same handlers, until none is left; then delete the old key.</summary>
    Drain,
}
