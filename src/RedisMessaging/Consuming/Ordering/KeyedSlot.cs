using RedisMessaging.Consuming.InFlight;

namespace RedisMessaging.Consuming.Ordering;

/// <summary>A message's place among the messages of its key.</summary>
internal sealed class KeyedSlot(string key)
{
    public string Key => key;

    /// <summary>The one that waits for this one's turn to be over.</summary>
    public InFlightMessage? Next { get; set; }

    /// <summary>It failed and is tried again in its turn, after so long.</summary>
    public TimeSpan? RetryIn { get; set; }
}
