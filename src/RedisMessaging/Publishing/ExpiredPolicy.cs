namespace RedisMessaging;

/// <summary>What becomes of a message whose <see cref="PublishOptions.TimeToLive"/> is over before a handler was started with it.</summary>
public enum ExpiredPolicy
{
    /// <summary>
    /// It is kept aside as a dead letter with the reason <c>expired</c> (queue, stream), or dropped and counted (Pub/Sub).
    /// </summary>
    DeadLetter,

    /// <summary>It is dropped and counted (<c>redismessaging.messages.expired</c>).</summary>
    Drop,
}
