namespace RedisMessaging;

/// <summary>Why a subscription may have missed messages.</summary>
public enum SubscriptionGapReason
{
    /// <summary>The connection to Redis was lost and came back: what was published meanwhile went to those who were there.</summary>
    ConnectionLost,

    /// <summary>The subscription's buffer was full and was emptied (<c>PubSubFullMode.Disconnect</c>).</summary>
    BufferFull,
}
